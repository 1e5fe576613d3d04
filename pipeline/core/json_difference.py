"""Where one JSON value differs from another, place by place."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pipeline.core.event import Json
from pipeline.core.javascript import UNDEFINED, Undefined
from pipeline.core.javascript_json import json_text

_ROOT: Final = "$"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place: `path` begins with `$`; UNDEFINED stands for a value that is not there."""

    path: str
    expected: Json | Undefined
    came: Json | Undefined


def differences(expected: Json, came: Json, *, is_part: bool, path: str = _ROOT) -> Iterator[Difference]:
    """Every place where `came` is not what was expected; 5 and 5.0 are the same number.

    With `is_part`, objects may hold more members than expected; lists must have as many items.
    """
    if isinstance(expected, dict) and isinstance(came, dict):
        yield from _members(expected, came, is_part=is_part, path=path)
    elif isinstance(expected, list) and isinstance(came, list):
        yield from _items(expected, came, is_part=is_part, path=path)
    elif isinstance(expected, bool) is not isinstance(came, bool) or expected != came:
        yield Difference(path, expected, came)


def _members(
    expected: dict[str, Json], came: dict[str, Json], *, is_part: bool, path: str
) -> Iterator[Difference]:
    for key, value in expected.items():
        if key in came:
            yield from differences(value, came[key], is_part=is_part, path=_member(path, key))
        else:
            yield Difference(_member(path, key), value, UNDEFINED)
    for key, value in came.items():
        if key not in expected and not is_part:
            yield Difference(_member(path, key), UNDEFINED, value)


def _items(expected: list[Json], came: list[Json], *, is_part: bool, path: str) -> Iterator[Difference]:
    for index in range(max(len(expected), len(came))):
        inner = f"{path}[{index}]"
        if index >= len(came):
            yield Difference(inner, expected[index], UNDEFINED)
        elif index >= len(expected):
            yield Difference(inner, UNDEFINED, came[index])
        else:
            yield from differences(expected[index], came[index], is_part=is_part, path=inner)


def _member(path: str, key: str) -> str:
    return f"{path}.{key}" if key.isidentifier() else f"{path}[{json_text(key)}]"
