"""What the page on triggers says is so."""

import re
from pathlib import Path

import pytest

from pipeline.core.event import Json
from pipeline.core.trigger import TriggerError, compile_trigger

_PAGE = (Path(__file__).parents[3] / "docs" / "triggers.md").read_text(encoding="utf-8")
_EXAMPLES = re.findall(r"^ *```fql\n(.*?)\n *```$", _PAGE, re.MULTILINE | re.DOTALL)
_CELL = r"`([^`]+)`"
_REFUSALS = re.findall(rf"^\| {_CELL} \| [^|]+ \| {_CELL} \|$", _PAGE, re.MULTILINE)
_ANSWERS = re.findall(
    rf"^\| {_CELL} \| (true|false) \| (true|false) \| (true|false) \|$", _PAGE, re.MULTILINE
)


def test_the_page_is_read_as_it_is_written() -> None:
    assert len(_EXAMPLES) == _PAGE.count("```fql")
    assert len(_REFUSALS) > 25
    assert len(_ANSWERS) == 8


@pytest.mark.parametrize("text", _EXAMPLES)
def test_an_example_loads(text: str) -> None:
    assert compile_trigger(text).types


@pytest.mark.parametrize("written, instead", _REFUSALS)
def test_what_is_said_to_be_refused_is_and_what_to_write_instead_loads(written: str, instead: str) -> None:
    with pytest.raises(TriggerError):
        compile_trigger(written)
    assert compile_trigger(instead).text == instead


@pytest.mark.parametrize("text, number, digits, nothing", _ANSWERS)
def test_answers_are_those_of_the_table(text: str, number: str, digits: str, nothing: str) -> None:
    matches = compile_trigger(text).matches
    values: list[tuple[str, Json]] = [(number, 5), (digits, "5"), (nothing, None)]
    for said, value in values:
        assert matches({"properties": {"a": value}}) is (said == "true")
    assert matches({"properties": {}}) is matches({}) is (nothing == "true")
