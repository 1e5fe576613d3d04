"""Which audit records count: those of a worker that lost its partition before it wrote do not."""

from pipeline.core.audit import AuditEntry, AuditRecord

_Owned = tuple[str, str, int]
"""A pipeline and the source partition it reads."""


class Fences:
    """The newest epoch that a marker has announced, per pipeline and source partition.

    Feed it the entries of each audit partition in the order of their offsets. A reader that begins
    in the middle of the topic does not know the markers before.
    """

    __slots__ = ("_epochs",)

    def __init__(self) -> None:
        self._epochs: dict[_Owned, int] = {}

    def admits(self, entry: AuditEntry) -> bool:
        """Whether the entry counts; a marker that does raises the fence."""
        owned = (entry.pipeline, entry.source.topic, entry.source.partition)
        if entry.epoch < self._epochs.get(owned, entry.epoch):
            return False
        if not isinstance(entry, AuditRecord):
            self._epochs[owned] = entry.epoch
        return True
