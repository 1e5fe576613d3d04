"""Watching events as they pass a stage of a running worker: what is asked, what is seen, how it is told."""
