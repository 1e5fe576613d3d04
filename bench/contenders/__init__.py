"""Who is measured: the pipeline, what bounds it, and what users would take instead."""
