"""The guard against ever new event names, each of which would become a goal in Kameleoon."""

from dataclasses import replace

import structlog

from pipeline.core.event_names import EventNames, Seen
from pipeline.core.metrics import EVENT_NAMES
from pipeline.core.outcome import Decided, Decision, Deliverable, Reason, Rejected, Stage
from pipeline.engine.meter import Meter

log = structlog.get_logger("pipeline.names")


class NameGuard:
    """Counts the names that are sent, warns, and rejects new ones beyond `most`; None rejects none."""

    def __init__(self, most: int | None, meter: Meter) -> None:
        self._names = EventNames(most)
        self._most = most
        self._meter = meter
        self._has_refused = False

    def checked(self, decided: Decided) -> Decided:
        """The same, with each part rejected whose event name is one too many."""
        parts = tuple([self._part(part) for part in decided.parts])
        return decided if parts == decided.parts else replace(decided, parts=parts)

    def _part(self, part: Decision) -> Decision:
        if not isinstance(part, Deliverable) or not part.event_name:
            return part
        seen = self._names.see(part.event_name)
        if seen is Seen.NEW:
            self._count()
        if seen is not Seen.REFUSED:
            return part
        if not self._has_refused:
            self._has_refused = True
            log.warning("new event names are rejected", names=self._names.count)
        detail = f"{self._most} other event names were sent already (delivery.max_event_names)"
        return Rejected(Stage.VALIDATE, Reason.TOO_MANY_EVENT_NAMES, detail, part.mapping, part.action)

    def _count(self) -> None:
        self._meter.set(EVENT_NAMES, self._names.count)
        if self._names.is_warning_due():
            log.warning("many event names", names=self._names.count)
