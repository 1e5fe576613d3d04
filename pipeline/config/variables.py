"""`${NAME}` and `${NAME:-default}` in a text; `$${` writes `${` itself.

In a mapping `${{` is a dollar sign before a placeholder, as in `"costs ${{properties.price}}"`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pipeline.config.scalar import Expansion

_MARK: Final = re.compile(r"\$\$\{|\$\{([^}]*)(\}?)")
_MARK_OF_MAPPINGS: Final = re.compile(r"\$\$\{|\$\{(?!\{)([^}]*)(\}?)")
_INSIDE: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fault:
    """A `${…}` that has no value: where it stands in the text, why, and what to write."""

    offset: int
    message: str
    hint: str


@dataclass(slots=True)
class Expanded:
    """A text with its variables filled in."""

    text: str = ""
    names: list[str] = field(default_factory=list)
    expansions: list[Expansion] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def append(self, text: str, written: tuple[int, int]) -> None:
        """Put the text of one `${…}` in its place."""
        start = len(self.text)
        self.text += text
        self.expansions.append(Expansion(*written, start, len(self.text)))


def expand(text: str, environment: Mapping[str, str], *, is_of_mapping: bool = False) -> Expanded:
    """Fill in every variable; each one that has no value is a fault."""
    expanded = Expanded()
    end = 0
    for mark in (_MARK_OF_MAPPINGS if is_of_mapping else _MARK).finditer(text):
        expanded.text += text[end : mark.start()]
        end = mark.end()
        if mark[0] == "$${":
            expanded.append("${", mark.span())
        else:
            _fill_in(expanded, mark, environment)
    expanded.text += text[end:]
    return expanded


def _fill_in(expanded: Expanded, mark: re.Match[str], environment: Mapping[str, str]) -> None:
    inside = _INSIDE.fullmatch(mark[1])
    if inside is None or not mark[2]:
        hint = "write `${NAME}` or `${NAME:-default}`; `$${` writes `${` itself"
        expanded.faults.append(Fault(mark.start(), "`${` does not begin a variable", hint))
        return
    name, default = inside[1], inside[2]
    value = environment.get(name)
    if default is not None and not value:
        value = default
    expanded.names.append(name)
    if value is None:
        hint = f"set {name}, or write `${{{name}:-default}}`"
        expanded.faults.append(Fault(mark.start(), f"the environment has no variable {name}", hint))
        return
    expanded.append(value, mark.span())
