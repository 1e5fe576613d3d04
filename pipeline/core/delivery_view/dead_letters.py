"""What was not delivered, with what to do about it and the command that delivers it again."""

import shlex
from dataclasses import dataclass
from typing import Final

from pipeline.core.audit import OutcomeKind
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
        _replay(row.reason, config, window) if known and row.outcome in _KEPT else None,
    )


def _replay(reason: str, config: str, window: str) -> str:
    return f"kameleoon-pipeline replay --config {shlex.quote(config)} --reason {reason} --since {window}"


def search_further(key: str, told: str) -> str:
    """The command that looks for an event through the whole topic; `told` names the broker."""
    tail = f"kameleoon-pipeline audit tail {told} --from-beginning --no-follow --json"
    return f"{tail} | grep --fixed-strings -- {shlex.quote(key)}"
