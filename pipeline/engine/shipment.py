"""What travels in one request: parts of entries, their attempts so far, and the outcomes they come to."""

from dataclasses import dataclass, replace

from pipeline.core.attempt import Fail
from pipeline.core.batch import halves
from pipeline.core.outcome import Attempts, Deliverable, Delivered, Expired, Failed
from pipeline.core.value import value_class
from pipeline.engine.assignment import Entry


@value_class
class Part:
    """One event under one mapping: part `index` (from 0) of its entry."""

    entry: Entry
    index: int
    deliverable: Deliverable


@dataclass(slots=True, eq=False)
class Shipment:
    """The parts of one request and its attempts so far; `rest` follows once its exchange has ended."""

    parts: list[Part]
    attempts: Attempts | None = None
    rest: "Shipment | None" = None

    @property
    def tried(self) -> int:
        """How often it was sent."""
        return 0 if self.attempts is None else self.attempts.count

    def start(self) -> None:
        """An exchange of it is under way: each part's assignment counts it until its `end`."""
        for part in self.parts:
            part.entry.assignment.under_way += 1

    def end(self) -> None:
        """The exchange has ended, with an answer or without."""
        for part in self.parts:
            part.entry.assignment.under_way -= 1

    def cut_short(self) -> None:
        """Nobody waits for the answer any more: each part may have arrived."""
        for part in self.parts:
            part.entry.doubt()

    def drop_closed(self) -> bool:
        """Leave out the parts whose assignment was given back, the successor's now; whether any is left."""
        for part in self.parts:
            if part.entry.assignment.is_closed:
                self._keep(self.parts)
                break
        return bool(self.parts)

    def take_older(self, oldest_ms: float) -> "Shipment":
        """Take out the parts whose record is older than that, with the attempts made of them.

        The age of a record without a timestamp, which Kafka tells as -1, is not known.
        """
        older = [part for part in self.parts if 0 <= part.entry.record.timestamp_ms < oldest_ms]
        taken = Shipment(older, self.attempts)
        if older:
            self._keep([part for part in self.parts if part not in older])
        return taken

    def _keep(self, parts: list[Part]) -> None:
        """Go on with what may be sent of these; without any, what was to follow takes their place."""
        self.parts = _open(parts)
        while not self.parts and self.rest is not None:
            self.parts, self.attempts, self.rest = _open(self.rest.parts), self.rest.attempts, self.rest.rest

    def single_out(self) -> None:
        """Leave the first part alone; the others follow once its exchange has ended."""
        if len(self.parts) > 1:
            self.rest = Shipment(self.parts[1:], self.attempts, self.rest)
            self.parts = self.parts[:1]

    def halved(self) -> list["Shipment"]:
        """Both halves, with the attempts made of them together; nobody is charged for the other half."""
        attempts = self.attempts and replace(self.attempts, charged=0)
        return [Shipment(half, attempts) for half in halves(self.parts)]

    def doubt(self) -> None:
        """It is to be sent again, and an attempt before may have reached Kameleoon."""
        if self.attempts is not None and self.attempts.may_have_arrived:
            for part in self.parts:
                part.entry.doubt()

    def delivered(self, part: Part) -> Delivered:
        """The outcome of a part of an accepted request."""
        attempts = self._made()
        return Delivered(part.deliverable, attempts, part.entry.inherited or attempts.is_doubtful)

    def failed(self, part: Part, why: Fail) -> Failed:
        """The outcome of a part of a request that is never to be sent again."""
        attempts = self._made()
        is_doubtful = part.entry.inherited or attempts.is_doubtful
        return Failed(part.deliverable, why.reason, why.detail, attempts, is_doubtful)

    def expired(self, part: Part, detail: str) -> Expired:
        """The outcome of a part that became too old."""
        is_doubtful = self.attempts is not None and self.attempts.may_have_arrived
        return Expired(part.deliverable, detail, self.attempts, part.entry.inherited or is_doubtful)

    def _made(self) -> Attempts:
        if self.attempts is None:
            raise AssertionError("an outcome of a delivery without an attempt")
        return self.attempts


def _open(parts: list[Part]) -> list[Part]:
    return [part for part in parts if not part.entry.assignment.is_closed]
