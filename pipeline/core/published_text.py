"""Texts that a sender chose, as they are published: of bounded length, and well-formed."""

from typing import Final

LONGEST: Final = 1024
"""Characters kept: a record about an event always fits its topic, whatever the event holds."""


def cut(text: str) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def utf8(text: str) -> bytes:
    """The text in UTF-8. A lone surrogate becomes U+FFFD, as a browser would send it."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
