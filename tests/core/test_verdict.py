from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.exchange import Answer, Exchange, NoAnswer, NoAnswerKind
from pipeline.core.verdict import (
    Accepted,
    Refused,
    Throttled,
    Transient,
    Unauthorised,
    Verdict,
    VerdictTable,
    describe,
    describe_no,
    judge,
    may_have_arrived,
)
from pipeline.core.verdict_rules import DEFAULT_RULES, Rule, StatusRange, VerdictKind

TRANSIENT_BELOW_500 = {408, 423}
UNAUTHORISED = {401, 403}
THROTTLED = 429


def expected(status: int) -> Verdict:
    """The table of the design, written a second time and another way."""
    if 200 <= status <= 299:
        return Accepted()
    if status in UNAUTHORISED:
        return Unauthorised()
    if status == THROTTLED:
        return Throttled("7")
    if status in TRANSIENT_BELOW_500 or (500 <= status <= 599 and status != 501):
        return Transient("7")
    return Refused()


@pytest.mark.parametrize("status", range(200, 600))
def test_each_status_has_the_verdict_of_the_design(status: int) -> None:
    assert expected(status) == judge(Answer(status, "7"))


@pytest.mark.parametrize("status", [0, 99, 101, 199, 600, 999])
def test_a_status_that_http_does_not_know_is_transient(status: int) -> None:
    assert Transient() == judge(Answer(status))


@pytest.mark.parametrize("kind", NoAnswerKind)
@pytest.mark.parametrize("bytes_written", [True, False])
def test_no_answer_is_transient(kind: NoAnswerKind, bytes_written: bool) -> None:  # noqa: FBT001 (parametrized)
    assert Transient() == judge(NoAnswer(kind, "gone", bytes_written))


@pytest.mark.parametrize("kind", NoAnswerKind)
def test_the_default_table_is_the_default_rules(kind: NoAnswerKind) -> None:
    exchanges: list[Exchange] = [NoAnswer(kind, "", bytes_written=True)]
    exchanges += [Answer(status, "3") for status in range(1000)]
    assert [VerdictTable().verdict(each) for each in exchanges] == [judge(each) for each in exchanges]


def test_the_first_rule_that_matches_wins() -> None:
    rules = (Rule((StatusRange(500, 500),), VerdictKind.REFUSED), *DEFAULT_RULES)

    assert Refused() == judge(Answer(500), rules)
    assert Transient() == judge(Answer(502), rules)


def test_a_body_does_not_change_the_default_verdict() -> None:
    assert Accepted() == judge(Answer(200, None, b'{"error": "no"}'))


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_server_that_broke_down_may_have_taken_the_event(status: int) -> None:
    assert may_have_arrived(Answer(status))


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 408, 413, 423, 429, 501, 503])
def test_an_answer_that_says_no_took_nothing(status: int) -> None:
    assert not may_have_arrived(Answer(status))


@pytest.mark.parametrize("status", [200, 204, 299])
def test_a_success_that_a_rule_takes_for_a_no_may_have_been_taken(status: int) -> None:
    assert may_have_arrived(Answer(status))


@pytest.mark.parametrize("kind", NoAnswerKind)
def test_without_an_answer_written_bytes_decide(kind: NoAnswerKind) -> None:
    assert may_have_arrived(NoAnswer(kind, "", bytes_written=True))
    assert not may_have_arrived(NoAnswer(kind, "", bytes_written=False))


def test_exchanges_are_described_in_a_few_words() -> None:
    assert describe(Answer(503)) == "503 Service Unavailable"
    assert describe(Answer(599)) == "599"
    timeout = NoAnswer(NoAnswerKind.TIMEOUT, "no answer within 10 s", bytes_written=True)
    assert describe(timeout) == "no answer within 10 s"


def test_a_success_that_is_taken_for_a_no_says_by_what() -> None:
    assert describe_no(Answer(200)) == "200 OK, a no by delivery.verdicts"
    assert describe_no(Answer(503)) == "503 Service Unavailable"


@given(st.integers(0, 999), st.text(max_size=40), st.binary(max_size=40))
def test_a_description_depends_on_nothing_but_the_status(status: int, header: str, body: bytes) -> None:
    """So no text that the other side wrote is ever published."""
    assert describe(Answer(status, header, body)) == describe(Answer(status))
    assert len(describe(Answer(status))) <= max(len(f"{s.value} {s.phrase}") for s in HTTPStatus)
