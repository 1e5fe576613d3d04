"""`delivery.verdicts`: every spelling of a rule, the warning of idle ones, and where the defaults stand."""

import pytest

from pipeline.config.problem import ConfigError
from pipeline.config.verdicts import rule_table
from pipeline.core.exchange import Answer
from pipeline.core.verdict import deciding
from pipeline.core.verdict_rules import (
    DEFAULT_RULES,
    BodyContains,
    BodyHolds,
    HeaderContains,
    HeaderIs,
    Rule,
    StatusRange,
    VerdictKind,
)
from tests.support.configuration import config


def own(text: str) -> tuple[Rule, ...]:
    """The rules of a list in the file."""
    rules = rule_table(config(f"delivery:\n  verdicts:\n{text}").delivery.verdicts)
    assert rules[-len(DEFAULT_RULES) :] == DEFAULT_RULES, "the defaults come last"
    return rules[: -len(DEFAULT_RULES)]


@pytest.mark.parametrize(
    "written, read",
    [
        ("429", [(429, 429)]),
        ("4xx", [(400, 499)]),
        ("5XX", [(500, 599)]),
        ("500-503", [(500, 503)]),
        ("408, 5xx", [(408, 408), (500, 599)]),
        ("[408, 500-503, 4xx]", [(408, 408), (500, 503), (400, 499)]),
    ],
)
def test_statuses_are_read_as_people_write_them(written: str, read: list[tuple[int, int]]) -> None:
    (rule,) = own(f"    - status: {written}\n      verdict: refused\n")
    assert rule.statuses == tuple(StatusRange(*pair) for pair in read)


def test_a_rule_without_statuses_takes_any() -> None:
    (rule,) = own("    - {body: [{contains: x}], verdict: transient}\n")
    for status in (0, 200, 599, 999):
        assert deciding(Answer(status, None, b"x"), (rule,)) is rule


def test_conditions_are_those_of_the_file() -> None:
    (rule,) = own(
        "    - status: 200\n"
        "      headers: [{name: X-A}, {name: x-b, equals: '7'}, {name: x-c, contains: q}]\n"
        "      body: [{contains: no}, {pointer: /a}, {pointer: /b, equals: false}, "
        "{pointer: /c, equals: '5'}, {pointer: /d, equals: 5}, {pointer: /e, equals: 2.5}]\n"
        "      verdict: throttled\n"
    )
    assert rule.verdict is VerdictKind.THROTTLED
    assert rule.conditions == (
        HeaderIs("x-a", None),
        HeaderIs("x-b", "7"),
        HeaderContains("x-c", "q"),
        BodyContains("no"),
        BodyHolds("/a", None),
        BodyHolds("/b", value=False),
        BodyHolds("/c", "5"),
        BodyHolds("/d", 5),
        BodyHolds("/e", 2.5),
    )
    values = [found.value for found in rule.conditions if isinstance(found, BodyHolds)]
    assert list(map(type, values)) == [type(None), bool, str, int, float]


@pytest.mark.parametrize("written", ["5", "{status: 200}", "[]\n    - a"])
def test_what_is_no_list_is_told(written: str) -> None:
    with pytest.raises(ConfigError):
        config(f"delivery:\n  verdicts: {written}\n")


def test_a_rule_that_can_never_decide_is_warned_of() -> None:
    loaded = config(
        "delivery:\n  verdicts:\n"
        "    - {status: 4xx, verdict: refused}\n"
        "    - {status: 404, body: [{contains: x}], verdict: transient}\n"
        "    - {status: [404, 500], verdict: transient}\n"
    )
    (warning,) = loaded.warnings
    assert warning.key == "delivery.verdicts[1]"
    assert "never decides" in warning.message


def test_a_rule_before_the_defaults_is_not_idle() -> None:
    assert config("delivery:\n  verdicts:\n    - {status: 2xx, verdict: accepted}\n").warnings == ()
