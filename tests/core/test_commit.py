"""Where an assignment begins: decided from the commit found and from what both topics hold."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.commit import (
    START_LATEST,
    CommitMetadata,
    Committed,
    LogRange,
    Opening,
    Unopenable,
    parse_metadata,
    plan_opening,
)

NOW_MS = 1_800_000_000_000
EVENTS = LogRange(10, 100)
AUDIT = LogRange(5, 50)
CLOSED = CommitMetadata(
    pass_=7, epoch=9, is_open=False, window=512, audit_topic="kameleoon-audit", audit_from=20
)

metadata = st.builds(
    CommitMetadata,
    pass_=st.integers(0, 2**53),
    epoch=st.integers(2**52, 2**53),
    is_open=st.booleans(),
    window=st.integers(0, 10**6),
    audit_topic=st.text(max_size=249),
    audit_from=st.integers(0, 2**62),
    fence=st.integers(0, 2**52),
    brake=st.none() | st.text(max_size=64),
)


def opened(committed: Committed | None, *, audit_topic: str = "kameleoon-audit") -> Opening:
    planned = plan_opening(committed, events=EVENTS, audit=AUDIT, audit_topic=audit_topic, now_ms=NOW_MS)
    assert isinstance(planned, Opening)
    return planned


@given(metadata)
def test_metadata_survives_the_broker(written: CommitMetadata) -> None:
    assert parse_metadata(written.encode()) == written


@given(metadata)
def test_metadata_fits_the_brokers_limit(written: CommitMetadata) -> None:
    assert len(written.encode().encode()) < 4096


@given(st.text() | st.binary().map(lambda found: found.decode("latin-1")))
def test_foreign_metadata_is_none_of_ours(text: str) -> None:
    assert parse_metadata(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        CLOSED.encode().replace('"v":1', '"v":2'),
        CLOSED.encode().replace("false", "0"),
        CLOSED.encode().replace('"epoch":9', '"epoch":-1'),
        CLOSED.encode().replace('"epoch":9', '"epoch":true'),
        CLOSED.encode().replace('"epoch":9', f'"epoch":{2**64 - 1}'),
        CLOSED.encode().replace('"epoch":9', f'"epoch":{"9" * 2000}'),
        CLOSED.encode().replace('"window":512', f'"window":{2**63}'),
        CLOSED.encode().replace('"at":20', '"at":null'),
        "[" * 4000,
        CLOSED.encode()[:-1],
    ],
)
def test_broken_metadata_is_not_half_believed(text: str) -> None:
    assert parse_metadata(text) is None


def test_without_a_commit_a_pass_begins_at_the_beginning() -> None:
    assert opened(None) == Opening(10, NOW_MS, NOW_MS, 0, 10, 50)


def test_after_a_release_the_next_epoch_is_clean() -> None:
    assert opened(Committed(30, CLOSED.encode())) == Opening(30, 7, 10, 0, 100, 20)


def test_after_a_crash_the_window_is_inherited() -> None:
    crashed = CLOSED.encode().replace("false", "true")

    assert opened(Committed(30, crashed)) == Opening(30, 7, 10, 70, 100, 20)
    assert opened(Committed(30, crashed.replace("512", "8"))) == Opening(30, 7, 10, 8, 100, 20)


def test_after_a_crash_with_nothing_left_to_do_nothing_is_doubtful() -> None:
    crashed = CLOSED.encode().replace("false", "true")

    assert opened(Committed(100, crashed)).inherited_window == 0


def test_a_start_at_the_end_by_the_configuration_is_nothing_to_warn_of() -> None:
    assert opened(Committed(30, START_LATEST)) == Opening(30, NOW_MS, NOW_MS, 0, 30, 50)


@pytest.mark.parametrize("text,said", [("", "by hand"), ("{}", "not ours"), ("by a tool", "not ours")])
def test_a_commit_that_is_not_ours_begins_a_new_pass(text: str, said: str) -> None:
    opening = opened(Committed(30, text))

    assert (opening.position, opening.pass_, opening.epoch, opening.audit_from) == (30, NOW_MS, NOW_MS, 50)
    assert said in opening.warning


def test_an_audit_topic_made_anew_is_read_whole() -> None:
    other_name = opened(Committed(30, CLOSED.encode()), audit_topic="another")
    too_short = opened(Committed(30, CLOSED.encode().replace('"at":20', '"at":51')))

    assert (other_name.audit_from, too_short.audit_from) == (5, 5)
    assert "read from its beginning" in other_name.warning
    assert "read from its beginning" in too_short.warning


def test_an_audit_cut_by_retention_is_read_from_what_is_left() -> None:
    opening = opened(Committed(30, CLOSED.encode().replace('"at":20', '"at":2')))

    assert (opening.audit_from, opening.warning) == (5, "")


@pytest.mark.parametrize("is_open, window, doubted", [(False, 0, 0), (False, 3, 70), (True, 3, 70)])
def test_where_the_audit_is_not_whole_all_that_may_have_been_settled_ahead_is_doubted(
    is_open: bool,  # noqa: FBT001 (a case of the table)
    window: int,
    doubted: int,
) -> None:
    """Without anything unsettled there was nothing ahead of the offset."""
    told = replace(CLOSED, is_open=is_open, window=window)
    anew = replace(told, audit_from=51)
    cut = replace(told, audit_from=2)

    assert opened(Committed(30, anew.encode())).inherited_window == doubted
    assert opened(Committed(30, cut.encode())).inherited_window == doubted


def test_events_cut_by_retention_are_left_to_the_reading() -> None:
    opening = opened(Committed(3, CLOSED.encode()))

    assert (opening.position, opening.warning) == (3, "")


def test_a_commit_beyond_the_topic_is_not_guessed_at() -> None:
    planned = plan_opening(
        Committed(101, CLOSED.encode()), events=EVENTS, audit=AUDIT, audit_topic="a", now_ms=NOW_MS
    )

    assert isinstance(planned, Unopenable)
    assert "101" in planned.why
    assert "100" in planned.why


def test_the_fence_goes_with_the_audit_that_it_was_seen_on() -> None:
    fenced = replace(CLOSED, fence=8)

    assert opened(Committed(30, fenced.encode())).fence == 8
    assert opened(Committed(30, replace(fenced, audit_from=2).encode())).fence == 8
    assert opened(Committed(30, fenced.encode()), audit_topic="another").fence == 0


@pytest.mark.parametrize("fence", ["null", '"8"', "-1", "10", "true"])
def test_a_fence_that_cannot_be_is_none(fence: str) -> None:
    """Commits of earlier versions have none; one above its own epoch would make void what counts."""
    told = parse_metadata(CLOSED.encode().replace('"fence":0', f'"fence":{fence}'))

    assert told == CLOSED
