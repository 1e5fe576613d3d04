"""Measures the pipeline beside what else does its job: see README.md here, and `python -m bench --help`."""
