"""A handful of audit records that shows as much as it can of what happened."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable

from pipeline.core.audit import AuditRecord


def sample(records: Iterable[AuditRecord], rows: int) -> list[AuditRecord]:
    """At most so many records, in the order of decision.

    First one of each way to end (outcome, reason, attempts), then one of each event type and mapping
    under it, the frequent ones first, then whatever came early.
    """
    left = sorted(records, key=lambda record: record.decided_at)
    chosen: list[AuditRecord] = []
    for kind in (_end, _kind, id):
        chosen += _one_of_each(left, kind)[: rows - len(chosen)]
        taken = set(map(id, chosen))
        left = [record for record in left if id(record) not in taken]
    return sorted(chosen, key=lambda record: record.decided_at)


def _one_of_each(
    records: Iterable[AuditRecord], kind: Callable[[AuditRecord], Hashable]
) -> list[AuditRecord]:
    """The first record of each kind, frequent kinds first."""
    kinds: dict[Hashable, list[AuditRecord]] = defaultdict(list)
    for record in records:
        kinds[kind(record)].append(record)
    return [members[0] for members in sorted(kinds.values(), key=len, reverse=True)]


def _end(record: AuditRecord) -> Hashable:
    attempts = 0 if record.http is None else record.http.attempts
    return record.outcome, record.reason, attempts, record.possible_duplicate


def _kind(record: AuditRecord) -> Hashable:
    return _end(record), record.type, record.mapping
