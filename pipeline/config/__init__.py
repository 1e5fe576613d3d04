"""One YAML file in, one checked `Config` out; every mistake is named with file, line and column."""

from typing import Final

DEFAULT_FILE: Final = "kameleoon-pipeline.yaml"
"""Where the command looks for its configuration when it is not told."""
