"""The recorded outputs of the reference, and the differences that are allowed from them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.core.javascript import UNDEFINED

_FOLDER = Path(__file__).parents[1] / "conformance"
_CLAUSES = {"8.1", "8.2", "8.3", "8.4", "8.5", "8.6"}  # of the compatibility rule
_NUMBERS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


@dataclass(frozen=True, slots=True)
class Vector:
    """One recorded case."""

    id: int
    group: str
    input: Any
    output: Any


def load_vectors(name: str) -> list[Vector]:
    lines = (_FOLDER / f"{name}.jsonl").read_bytes().splitlines()
    return [Vector(**json.loads(line)) for line in lines]


def revived(value: Any) -> Any:
    """A vector's value with its stand-ins turned into what they stand for.

    A missing object member is left out. A Date becomes an object of no fields: to every
    rule here it is an object, which is what matters.
    """
    if isinstance(value, list):
        return [revived(item) for item in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"$undefined": True}:
            return UNDEFINED
        case {"$nan": True}:
            return float("nan")
        case {"$number": str(name)}:
            return _NUMBERS[name]
        case {"$date": _}:
            return {}
        case _:
            members = {key: revived(member) for key, member in value.items()}
            return {key: member for key, member in members.items() if member is not UNDEFINED}


def load_differences(name: str) -> dict[int, dict[str, str]]:
    """The listed differences by vector id; an id stands in one entry only."""
    entries = yaml.safe_load((_FOLDER / "differences" / f"{name}.yaml").read_text()) or []
    listed: dict[int, dict[str, str]] = {}
    for entry in entries:
        assert set(entry) == {"ids", "clause", "ours", "why"}, entry
        assert entry["clause"] in _CLAUSES, entry
        for number in entry["ids"]:
            assert number not in listed, f"vector {number} is listed twice"
            listed[number] = entry
    return listed


def compare(name: str, find_difference: Callable[[Vector], str | None]) -> None:
    """Fail on a difference that is not listed, and on a listed one that is none any more."""
    listed = load_differences(name)
    vectors = load_vectors(name)
    found = {vector.id: said for vector in vectors if (said := find_difference(vector)) is not None}
    unlisted = [f"{number}: {said}" for number, said in found.items() if number not in listed]
    assert not unlisted, "differs and is not listed:\n" + "\n".join(unlisted)
    gone = sorted(set(listed) - set(found))
    assert not gone, f"listed, but equal now: {gone}"
