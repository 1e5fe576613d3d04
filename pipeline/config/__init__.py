"""One YAML file in, one checked `Config` out; every mistake is named with file, line and column."""
