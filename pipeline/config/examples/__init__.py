"""The minimal configuration, which `init` writes, the full one, which sets every key, and the demo's."""

from importlib.resources import files
from typing import Literal


def example(name: Literal["minimal", "full", "demo"]) -> str:
    """The text of an example."""
    return (files(__name__) / f"{name}.yaml").read_text(encoding="utf-8")
