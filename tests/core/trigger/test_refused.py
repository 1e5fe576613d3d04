"""Cases are files: what Segment would misread or cannot read is refused, with its spot and a hint."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.trigger import TriggerError, compile_trigger

_FILES = sorted((Path(__file__).parent / "refused").glob("*.json"))
_CASES = [
    pytest.param(case, id=f"{path.stem}: {case['text'][:40]!r}")
    for path in _FILES
    for case in json.loads(path.read_bytes())
]


@pytest.mark.parametrize("case", _CASES)
def test_refused_where_and_why(case: dict[str, Any]) -> None:
    with pytest.raises(TriggerError) as caught:
        compile_trigger(case["text"])
    error = caught.value
    assert {
        "text": case["text"],
        "line": error.line,
        "column": error.column,
        "problem": error.problem,
        "hint": error.hint,
    } == case


def test_an_error_reads_as_place_problem_and_hint() -> None:
    with pytest.raises(TriggerError) as caught:
        compile_trigger('type = "track"\nand not event = "x"')
    assert str(caught.value) == (
        "line 2, column 5: `not` is not a word of the language; "
        "write `!=` within the condition, or `!` directly before `contains` or `match`"
    )


@pytest.mark.parametrize("text", [None, 5, True, [], {}])
def test_what_is_no_text_is_refused(text: object) -> None:
    with pytest.raises(TriggerError, match="a trigger is a text"):
        compile_trigger(text)


@pytest.mark.parametrize(
    "text",
    ["(" * 100_000, "(" * 100_000 + ")" * 100_000, '(type = "a" or ' * 60 + 'type = "b"' + ")" * 60],
)
def test_parentheses_of_any_depth_never_exhaust_the_stack(text: str) -> None:
    with pytest.raises(TriggerError, match="nested more than 50 deep"):
        compile_trigger(text)


def test_a_message_is_printable_whatever_the_text_holds() -> None:
    """No control character and no half surrogate of a text gets into its message."""
    for odd in ("\x1b", "\ud800", "\u202e", "\x00", "\u2028"):
        with pytest.raises(TriggerError) as caught:
            compile_trigger(f"foo\\{odd} = 1")
        assert str(caught.value).isprintable()
