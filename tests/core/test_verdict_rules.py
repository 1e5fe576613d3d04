"""Rules: the first that matches decides, conditions hold exactly, and idle rules are found."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.exchange import Answer
from pipeline.core.verdict import VerdictTable, deciding, judge
from pipeline.core.verdict_rules import (
    DEFAULT_RULES,
    BodyContains,
    BodyHolds,
    Condition,
    HeaderContains,
    HeaderIs,
    Rule,
    StatusRange,
    VerdictKind,
    at_pointer,
    kept_headers,
    never_decides,
)

ANSWER = Answer(
    200, None, b'{"ok": false, "count": 1, "error": null, "a/b": ["x", {"~": 2.5}]}', (("x-result", "no, 7"),)
)
CONDITIONS = st.sampled_from([BodyContains("a"), BodyHolds("/a", 1), HeaderIs("a", None)])
RANGES = st.tuples(st.integers(200, 210), st.integers(0, 5)).map(
    lambda drawn: StatusRange(drawn[0], drawn[0] + drawn[1])
)
RULES = st.builds(
    Rule,
    st.lists(RANGES, min_size=1, max_size=2).map(tuple),
    st.sampled_from(VerdictKind),
    st.lists(CONDITIONS, max_size=2).map(tuple),
)
ANSWERS = [
    Answer(status, "7", body, headers)
    for status in range(199, 217)
    for body in (b"", b"a", b'{"a":1}', b'{"b":"a"}')
    for headers in ((), (("a", "1"),))
]


@pytest.mark.parametrize(
    "condition",
    [
        HeaderIs("x-result", None),
        HeaderIs("x-result", "no, 7"),
        HeaderContains("x-result", "no"),
        BodyContains('"ok": false'),
        BodyHolds("/ok", value=False),
        BodyHolds("/count", 1),
        BodyHolds("/count", 1.0),
        BodyHolds("/count", None),
        BodyHolds("/a~1b/0", "x"),
        BodyHolds("/a~1b/1/~0", 2.5),
    ],
    ids=str,
)
def test_a_condition_holds(condition: Condition) -> None:
    assert condition.holds(ANSWER)


@pytest.mark.parametrize(
    "condition",
    [
        HeaderIs("x-result", "no"),
        HeaderIs("x-other", None),
        HeaderContains("x-other", "no"),
        BodyContains("OK"),
        BodyHolds("/ok", 0),
        BodyHolds("/ok", "false"),
        BodyHolds("/count", value=True),
        BodyHolds("/count", "1"),
        BodyHolds("/error", None),
        BodyHolds("/missing", None),
        BodyHolds("/a~1b/00", "x"),
        BodyHolds("/a~1b/2", None),
        BodyHolds("/a~1b/-1", None),
        BodyHolds("/a~1b/" + "9" * 5000, None),
        BodyHolds("/ok/deeper", None),
    ],
    ids=lambda condition: str(condition)[:40],
)
def test_a_condition_does_not_hold(condition: Condition) -> None:
    assert not condition.holds(ANSWER)


@given(st.binary(max_size=60), st.text(max_size=10))
def test_no_body_makes_a_condition_raise(body: bytes, pointer: str) -> None:
    BodyHolds(f"/{pointer}", value=True).holds(Answer(200, None, body))


@given(
    st.recursive(st.none() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
def test_a_pointer_to_each_member_finds_it(value: object) -> None:
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, member in members:
        token = str(key).replace("~", "~0").replace("/", "~1")
        assert at_pointer(json.loads(json.dumps(value)), f"/{token}") == member


def test_a_200_may_mean_no_and_the_defaults_take_the_rest() -> None:
    no = Rule((StatusRange(200, 200),), VerdictKind.REFUSED, (BodyHolds("/ok", value=False),))
    rules = (no, *DEFAULT_RULES)
    yes = deciding(Answer(200, None, b'{"ok": true}'), rules)

    assert deciding(ANSWER, rules) is no
    assert yes is not None
    assert (yes.verdict, yes.is_default) == (VerdictKind.ACCEPTED, True)


def test_all_conditions_of_a_rule_must_hold() -> None:
    both = Rule(
        (StatusRange(200, 200),), VerdictKind.REFUSED, (HeaderIs("x-result", None), BodyContains("q"))
    )

    assert deciding(ANSWER, (both,)) is None


def test_the_defaults_look_at_the_status_alone() -> None:
    assert kept_headers(DEFAULT_RULES) == ()
    assert not any(rule.conditions for rule in DEFAULT_RULES)


def test_headers_are_kept_once_each() -> None:
    conditions = (HeaderIs("b", None), HeaderContains("a", "x"), BodyContains("y"), HeaderIs("b", "z"))
    assert kept_headers([Rule((), VerdictKind.REFUSED, conditions)]) == ("b", "a")


@given(st.lists(RULES, min_size=1, max_size=5))
def test_a_rule_that_never_decides_decides_on_no_answer(rules: list[Rule]) -> None:
    for index, rule in enumerate(rules):
        if never_decides(rules, index):
            assert all(deciding(answer, tuple(rules)) is not rule for answer in ANSWERS)


@given(st.lists(RULES, min_size=1, max_size=5).map(tuple))
def test_a_table_says_what_its_rules_say(rules: tuple[Rule, ...]) -> None:
    table = VerdictTable(rules)
    for answer in ANSWERS:
        assert table.verdict(answer) == judge(answer, rules)


@given(RULES, RULES)
def test_of_two_rules_the_second_is_idle_only_if_the_first_is_as_wide(first: Rule, second: Rule) -> None:
    reached = {status for status in range(999) if any(status in found for found in second.statuses)}
    taken = {status for status in range(999) if any(status in found for found in first.statuses)}
    is_wider = set(first.conditions) <= set(second.conditions)
    assert never_decides([first, second], 1) is (is_wider and reached <= taken)


def test_a_truth_value_is_not_the_number_one() -> None:
    true, one = BodyHolds("/a", value=True), BodyHolds("/a", 1)
    rules = [Rule((StatusRange(200, 299),), VerdictKind.REFUSED, (asked,)) for asked in (true, one)]
    assert not never_decides(rules, 1)
