"""Whether the demo kept its promise: every record accounted for, an orderly end, and no delivery made up."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pipeline.core.reconcile.findings import Finding

_MOST_NAMED: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is to be judged; `exit_code` is the worker's, None while it runs.

    `delivered` counts what the audit topic tells, `accepted` what the stand-in for Kameleoon took.
    """

    records: int
    unaccounted: tuple[Finding, ...]
    delivered: int
    accepted: int
    exit_code: int | None
    log_tail: tuple[str, ...]
    seconds: float

    @property
    def is_fine(self) -> bool:
        """Whether nothing is wrong."""
        return not any(self.problems())

    def problems(self) -> Iterator[str]:
        """What is wrong, line by line, causes first."""
        if self.exit_code:
            yield f"the worker ended with exit code {self.exit_code}; the end of its log:"
            yield from (f"  {line}" for line in self.log_tail)
        if self.unaccounted:
            yield f"{len(self.unaccounted):,} of {self.records:,} records are not accounted for:"
            yield from (f"  {one}" for one in self.unaccounted[:_MOST_NAMED])
        if self.accepted < self.delivered:
            yield (
                f"the audit topic tells of {self.delivered:,} deliveries, "
                f"and the stand-in for Kameleoon took {self.accepted:,}"
            )
