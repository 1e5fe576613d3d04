"""`check` and the configuration's own tests: run, and told where what came is not what was expected."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli.explain_text import printable
from pipeline.config.files import why_unreadable
from pipeline.core.expectation import Mismatch, mismatch
from pipeline.core.javascript import Undefined
from pipeline.core.javascript_json import json_text

if TYPE_CHECKING:
    from pipeline.config.mapping_tests import ConfiguredTest
    from pipeline.config.model import Config
    from pipeline.core.event import Json
    from pipeline.core.json_difference import Difference


@dataclass(frozen=True, slots=True)
class Failure:
    """A test that failed, and how."""

    file: str
    test: "ConfiguredTest"
    mismatch: Mismatch

    def lines(self) -> Iterator[str]:
        """The failure for people, safe to print."""
        found, test = self.mismatch, self.test
        yield printable(f"{self.file}:{test.line}:{test.column}: test `{test.name}` failed")
        yield printable(f"    expected: {found.expected}")
        yield printable(f"    came: {found.came}")
        for place in found.differences:
            yield printable(
                f"      {place.path}: expected {_shown(place.expected)}, came {_shown(place.came)}"
            )

    def as_json(self) -> "dict[str, Json]":
        """The failure for scripts; of a difference, a value that is not there is left out."""
        return {
            "file": self.file,
            "line": self.test.line,
            "column": self.test.column,
            "name": self.test.name,
            "expected": self.mismatch.expected,
            "came": self.mismatch.came,
            "differences": [_difference(place) for place in self.mismatch.differences],
        }


def failures(config: "Config") -> tuple[Failure, ...]:
    """Run the tests of a configuration, in their order; nothing is sent."""
    ran = ((test, _outcome(config, test)) for test in config.tests)
    return tuple(Failure(config.file, test, found) for test, found in ran if found is not None)


def _outcome(config: "Config", test: "ConfiguredTest") -> Mismatch | None:
    if not isinstance(test.event, Path):
        return mismatch(config.plan, test.event, test.expected)
    reason = why_unreadable(test.event)
    if reason is not None:
        return Mismatch(f"an event in {test.event}", f"the file cannot be read: {reason}")
    return mismatch(config.plan, test.event.read_bytes(), test.expected)


def _difference(place: "Difference") -> "dict[str, Json]":
    values = {"expected": place.expected, "came": place.came}
    return {"path": place.path} | {
        key: value for key, value in values.items() if not isinstance(value, Undefined)
    }


def _shown(value: "Json | Undefined") -> str:
    return "nothing" if isinstance(value, Undefined) else str(json_text(value))
