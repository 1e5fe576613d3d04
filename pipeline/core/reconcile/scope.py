"""How far the books reach: from where a pass began to where its pipeline has committed."""

from dataclasses import dataclass
from typing import Final

from pipeline.core.commit import Committed, parse_metadata
from pipeline.core.reconcile.account import PartitionAccount
from pipeline.core.reconcile.asked import Span

_HOUR_MS: Final = 3_600_000
_ALWAYS: Final = float("inf")
_NEVER: Final = float("-inf")


@dataclass(frozen=True, slots=True)
class Kept:
    """What is left of an audit partition: its first offset, and the timestamp there if there is a record."""

    begin: int = 0
    oldest_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Offsets to judge. Records with a timestamp up to `not_before_ms` are too old to be judged.

    `note` is a sentence on what is left out, empty when nothing is; `is_doubtful` says that it should not be.
    """

    begin: int
    end: int
    not_before_ms: float = _NEVER
    note: str = ""
    is_doubtful: bool = False


def plan_scope(
    account: PartitionAccount, span: Span, kept: Kept, committed: Committed | None, *, to_end: bool
) -> Scope:
    """What is to be judged of an account that has been read whole.

    Records below the beginning of the pass are not its own. Where retention took the beginning of
    the audit, nobody knows it, and records older than what is left may have had their outcomes
    there; an hour is allowed for between the clocks of producers and workers.
    """
    if (later := _later_pass(account, committed)) is not None:
        return Scope(span.begin, span.begin, note=later, is_doubtful=True)
    end, note = _end(account, committed, to_end=to_end)
    if kept.begin > 0 and not account.is_told_from_its_start:
        not_before_ms = _ALWAYS if kept.oldest_ms is None else kept.oldest_ms + _HOUR_MS
        return Scope(span.begin, max(span.begin, end), not_before_ms, note)
    begin = max(span.begin, account.begin or 0)
    return Scope(begin, max(begin, end), note=note)


def _later_pass(account: PartitionAccount, committed: Committed | None) -> str | None:
    """What is to be said when the audit tells of a pass that the group has not begun."""
    metadata = None if committed is None else parse_metadata(committed.metadata)
    if metadata is None or account.is_pass_asked or (account.pass_ or 0) <= metadata.pass_:
        return None
    return (
        f"the audit topic tells of pass {account.pass_}, the group is in pass {metadata.pass_}: nothing was "
        f"judged; ask again, and if it stays so, something else has written there: --pass {metadata.pass_} "
        "judges the group's own"
    )


def _end(account: PartitionAccount, committed: Committed | None, *, to_end: bool) -> tuple[int, str]:
    """Where to end, and why there if not where it was asked.

    Up to its commit the pipeline says that it is done. A commit that is not of this pass was set by
    hand: what the next pass will tell is not missed. A pass that was asked for and is over ends with
    its last outcome.
    """
    if account.is_shortened:
        return account.end, (
            f"more records wait for their other outcomes than memory is given to: offsets from {account.end} "
            f"on were not judged; ask for them by themselves"
        )
    if to_end:
        return account.end, ""
    if committed is None:
        return 0, "the group has no commit here: nothing was judged"
    metadata = parse_metadata(committed.metadata)
    if metadata is not None and account.pass_ in {None, metadata.pass_}:
        return min(account.end, committed.offset), ""
    last = 0 if account.highest is None else account.highest + 1
    if account.is_pass_asked:
        return last, "the pass is over: it was judged up to its last outcome"
    note = f"the group's offset was set by hand: the next pass begins at {committed.offset}"
    return min(last, committed.offset), note
