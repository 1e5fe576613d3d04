"""What is said of each reason, and the commands to copy."""

import shlex

import pytest

from pipeline.core.audit import OutcomeKind
from pipeline.core.delivery_view.dead_letters import explained, one_event, replay_event, search_further
from pipeline.core.delivery_view.minutes import Minutes
from pipeline.core.delivery_view.report import Only, report
from pipeline.core.outcome import Reason
from pipeline.core.reasons import REASONS
from tests.support.audit_entries import audit_record

NOW_MS = 1_795_428_012_345
_DEAD = {OutcomeKind.REJECTED, OutcomeKind.FAILED, OutcomeKind.EXPIRED}


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_explained_and_dead_letters_have_their_command(reason: Reason) -> None:
    minutes, entry = Minutes(), REASONS[reason]
    minutes.add(audit_record(outcome=entry.outcome, stage=entry.stage, reason=reason), NOW_MS, NOW_MS)
    (told,) = explained(report(minutes.spans(NOW_MS, 15, 1), Only()), "a b.yaml", "6h")
    assert (told.meaning, told.advice, told.count) == (entry.meaning, entry.advice, 1)
    if entry.outcome in _DEAD:
        assert shlex.split(told.command or "") == [
            *("kameleoon-pipeline", "replay", "--config", "a b.yaml"),
            *("--reason", reason, "--since", "6h"),
        ]
    else:
        assert told.command is None


def test_a_reason_of_a_newer_worker_has_no_command_and_says_so() -> None:
    minutes = Minutes()
    minutes.add(audit_record(outcome=OutcomeKind.FAILED, reason="; rm -rf"), NOW_MS, NOW_MS)
    (told,) = explained(report(minutes.spans(NOW_MS, 15, 1), Only()), "a.yaml", "6h")
    assert told.command is None
    assert "newer worker" in told.meaning


def test_the_command_that_searches_further_is_safe_in_a_shell() -> None:
    words = shlex.split(search_further("'; rm -rf $(x)", "--bootstrap-servers 'a:1'"))
    assert words[-1] == "'; rm -rf $(x)"
    assert words[:5] == ["kameleoon-pipeline", "audit", "tail", "--bootstrap-servers", "a:1"]


def test_the_command_for_one_event_is_safe_in_a_shell() -> None:
    words = shlex.split(one_event("it's $(x)", "--config 'a b.yaml'"))
    assert words == [
        "kameleoon-pipeline",
        "audit",
        "tail",
        "--config",
        "a b.yaml",
        "--message-id",
        "it's $(x)",
    ]


def test_an_event_with_dead_letters_can_be_replayed_by_its_id() -> None:
    failed = audit_record(outcome=OutcomeKind.FAILED, message_id="it's")
    assert shlex.split(replay_event([audit_record(), failed], "a b.yaml") or "") == [
        *("kameleoon-pipeline", "replay", "--config", "a b.yaml", "--message-id", "it's")
    ]
    assert replay_event([audit_record()], "a.yaml") is None
    assert replay_event([audit_record(outcome=OutcomeKind.LOST)], "a.yaml") is None
    assert replay_event([audit_record(outcome=OutcomeKind.FAILED, message_id=None)], "a.yaml") is None
