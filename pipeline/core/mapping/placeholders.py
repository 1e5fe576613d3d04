"""The static check of a constant `@template`: placeholders that can only be mistakes.

The reference leaves them in the text, or fills them with nothing, without a word.
"""

from typing import Final

from pipeline.core.mapping.place import Place
from pipeline.core.mapping.templates import (
    DOUBLE,
    TRIPLE,
    placeholder_path,
    placeholders,
    without_placeholders,
)

_PLAIN: Final = "write {{field}} or {{field.inner}}"
_BLOCKS: Final = ("#", "/", "^", ">", "!", "&")


def check_placeholders(template: str, place: Place) -> None:
    """Report each placeholder that would not be read as it looks."""
    rest = without_placeholders(template, TRIPLE)
    for found in (*placeholders(template, TRIPLE), *placeholders(rest, DOUBLE)):
        mistake = _mistake(placeholder_path(found.inside))
        if mistake:
            place.report(*mistake)
    if "{{" in without_placeholders(rest, DOUBLE):
        place.report("has {{ that opens no placeholder", _PLAIN)


def _mistake(path: str) -> tuple[str, str] | None:
    if path == "$" or path.startswith(("$.", "$[")):
        return "has a placeholder that begins with $, which only @path understands", _PLAIN
    if "{" in path:
        return "has a placeholder with a brace in it", _PLAIN
    if path.startswith(_BLOCKS):
        return "has a placeholder with a block or a comment, which are not run", f"{_PLAIN}, or use @liquid"
    if "|" in path:
        return "has a placeholder with a filter, which is not run", "use @liquid for filters"
    return None
