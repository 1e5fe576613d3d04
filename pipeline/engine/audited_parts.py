"""What the audit topic already holds of one record when a worker takes its partition over."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from pipeline.core.outcome import Decision, Filtered, Reason

NO_MAPPING_LEFT: Final = Filtered(
    Reason.NO_MAPPING_LEFT, "the mappings that were still to take this event are gone or take it no more"
)


@dataclass(slots=True)
class AuditedParts:
    """What the audit topic already holds of one record of this pass: which mapping has which number.

    `parts` is how many outcomes its newest one promises in all.
    """

    parts: int = 0
    numbers: dict[str | None, int] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Whether every outcome that was promised stands."""
        return len(self.numbers) >= self.parts

    def remaining(self, decisions: Sequence[Decision]) -> list[tuple[int, Decision]]:
        """What is still to be told under the present plan, with indexes: the free ones, from the lowest.

        With the plan that told the others these are the indexes of the decisions. When nothing is left
        of what was promised, one outcome says so: the audit never ends with a promise open.
        """
        left = [decision for decision in decisions if decision.mapping not in self.numbers]
        if not left and not self.is_complete:
            left = [NO_MAPPING_LEFT]
        taken = set(self.numbers.values())
        free = (index for index in count() if index + 1 not in taken)
        return list(zip(free, left, strict=False))
