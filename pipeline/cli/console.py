"""Tables on a terminal fit it; in a file or a pipe they are as wide as they need to be."""

from typing import Final

from rich.console import Console

_WIDE: Final = 240


def wide_console() -> Console:
    """Standard output."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_WIDE)


def printable(text: str) -> str:
    """A sender's text without what a terminal would obey."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)
