"""What is read from topics may be forged: reports print it, obey none of it, and do not fail on it."""

from collections import Counter
from typing import Any

import pytest
from rich.console import Console

from pipeline.adapters.replay_run import Report
from pipeline.cli import audit_summary, audit_tail, reconcile_report, replay_report
from pipeline.core.audit import HttpExchange, SourcePosition, encode
from pipeline.core.audit_decode import decode_audit
from pipeline.core.audit_record import AuditRecord
from pipeline.core.audit_summary import AuditSummary
from pipeline.core.dead_letter import Origin, Rank
from pipeline.core.reconcile.findings import Finding, Kind, PartitionReport, Reconciliation
from pipeline.core.record import Position
from pipeline.core.replay_letter import Letter
from pipeline.core.replay_selection import Chosen
from tests.support.audit_entries import AT, audit_record
from tests.support.configuration import config

FORGED = "\x1b]0;owned\x07\x1b[2J\x9b31m\r[/nothing][red]\u202e"
OBEYED = ("\x1b", "\x07", "\x9b", "\r", "\u202e")


def _forged(**changes: Any) -> AuditRecord:
    texts = dict.fromkeys(
        ("reason", "detail", "message_id", "type", "event_name", "mapping", "decided_at"), FORGED
    )
    source = SourcePosition(FORGED, -1, 2**64 - 1, -(2**63))
    found = decode_audit(encode(audit_record(**{**texts, "source": source, **changes})))
    assert isinstance(found, AuditRecord)
    return found


def _printed(capsys: pytest.CaptureFixture[str]) -> str:
    printed = "".join(capsys.readouterr())
    assert "[/nothing]" in printed
    assert not [sign for sign in OBEYED if sign in printed]
    return printed


@pytest.mark.parametrize("latency_ms", [0, -1.0, 1.7e308, 2**64 - 1, 5e-324])
def test_audit_summary(capsys: pytest.CaptureFixture[str], latency_ms: float) -> None:
    found = AuditSummary()
    found.add(_forged(http=HttpExchange(2**63, 2**63, latency_ms, AT, AT)))
    audit_summary.print_tables(found)
    audit_summary.as_object(found)
    _printed(capsys)


def test_audit_tail(capsys: pytest.CaptureFixture[str]) -> None:
    forged = _forged(http=HttpExchange(2**63, 2**63, 1.7e308, AT, AT))
    audit_tail._PlainLines().show([forged])
    Console(width=400).print(audit_tail._table([forged], 400))
    _printed(capsys)


def test_reconcile(capsys: pytest.CaptureFixture[str]) -> None:
    finding = Finding(Kind.INCOMPLETE, "segment-events", 0, 0, FORGED)
    report = PartitionReport(
        "segment-events", 0, end=1, counts=Counter({Kind.INCOMPLETE: 1}), findings=[finding]
    )
    reconcile_report.print_report(Reconciliation([report], 1, 0, 0, has_commits=True))
    _printed(capsys)


def test_replay(capsys: pytest.CaptureFixture[str]) -> None:
    origin = Origin("kameleoon-tests", FORGED, Position(FORGED, 10**18, 10**18))
    chosen = Chosen(Letter(0, 0, origin, Rank(1, 0), FORGED, FORGED, FORGED, is_at_source=True), Rank(1, 1))
    report = Report()
    report.take(chosen)
    report.gone.append(chosen)
    replay_report.print_text(report, config(), execute=False)
    _printed(capsys)
