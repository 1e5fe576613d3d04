"""What was not delivered, with what to do about it and the command that delivers it again."""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pipeline.core.audit import AuditRecord, OutcomeKind
from pipeline.core.delivery_view.report import ReasonRow, Report
from pipeline.core.outcome import Reason
from pipeline.core.reasons import REASONS

_KEPT: Final = frozenset({OutcomeKind.REJECTED, OutcomeKind.FAILED, OutcomeKind.EXPIRED})
_UNKNOWN: Final = "This version does not know the reason: a newer worker wrote it."
_ASK_THE_WORKER: Final = "Look it up in the documents of the version that the workers run."


@dataclass(frozen=True, slots=True)
class Explained:
    """A reason for people. `command` shows what a replay would do; None where there is nothing to replay."""

    outcome: OutcomeKind
    stage: str
    reason: str
    count: int
    meaning: str
    advice: str
    command: str | None


def explained(report: Report, config: str, window: str) -> list[Explained]:
    """Every reason of the report, the commonest first; `config` and `window` stand in the commands."""
    return [_explain(row, config, window) for row in report.by_reason]


def _explain(row: ReasonRow, config: str, window: str) -> Explained:
    known = row.reason in set(Reason)
    entry = REASONS[Reason(row.reason)] if known else None
    return Explained(
        row.outcome,
        row.stage,
        row.reason,
        row.count,
        entry.meaning if entry else _UNKNOWN,
        entry.advice if entry else _ASK_THE_WORKER,
        _replay(config, "--reason", row.reason, "--since", window)
        if known and row.outcome in _KEPT
        else None,
    )


def replay_event(records: Iterable[AuditRecord], config: str) -> str | None:
    """The command for the dead letters of one event; None where it has none, or no message id."""
    for record in records:
        if record.outcome in _KEPT and record.message_id is not None:
            return _replay(config, "--message-id", record.message_id)
    return None


def _replay(config: str, *options: str) -> str:
    return shlex.join(["kameleoon-pipeline", "replay", "--config", config, *options])


def search_further(key: str, told: str) -> str:
    """The command that looks for a part of a message id through the whole topic; `told` names the broker."""
    tail = f"kameleoon-pipeline audit tail {told} --from-beginning --no-follow --json"
    return f"{tail} | grep --fixed-strings -- {shlex.quote(key)}"


def one_event(key: str, told: str) -> str:
    """The command that shows all that the topic holds of one event."""
    return f"kameleoon-pipeline audit tail {told} --message-id {shlex.quote(key)}"
