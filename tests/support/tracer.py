"""The port Tracer in memory: what each journey was told, in words."""

from pipeline.core.audit import AuditRecord
from pipeline.core.exchange import Answer, Exchange
from pipeline.core.outcome import Decided
from pipeline.core.record import Record
from pipeline.core.trace import TraceContext


class FakeTracer:
    """Traces the offsets that are not `left_out`. With `is_broken` every call to a journey is a bug."""

    def __init__(self, *left_out: int) -> None:
        self.journeys: list[FakeJourney] = []
        self.is_broken = False
        self._left_out = left_out

    def begin(self, record: Record, decided: Decided, received_at_ms: int) -> "FakeJourney | None":
        if record.offset in self._left_out:
            return None
        journey = FakeJourney(self, record.offset)
        journey.told.append(f"received at {received_at_ms}, {len(decided.parts)} parts")
        self.journeys.append(journey)
        return journey

    async def close(self) -> None:
        """Nothing waits."""


class FakeJourney:
    """The port Journey; the requests of offset n carry the contexts n.1, n.2 and so on."""

    def __init__(self, tracer: FakeTracer, offset: int) -> None:
        self.offset = offset
        self.told: list[str] = []
        self.context = TraceContext(str(offset), f"of={offset}")
        self._tracer = tracer

    def send(self, mapping: str, attempt: int, events: int) -> TraceContext:
        self._tell(f"send {mapping} {attempt} of {events}")
        return TraceContext(f"{self.offset}.{attempt}")

    def answer(self, exchange: Exchange, *, is_accepted: bool) -> None:
        answer = exchange.status if isinstance(exchange, Answer) else exchange.kind
        self._tell(f"answer {answer} {'taken' if is_accepted else 'not taken'}")

    def conclude(self, outcome: AuditRecord) -> None:
        self._tell(f"{outcome.mapping} {outcome.outcome} {outcome.reason}")

    def end(self, *, is_settled: bool) -> None:
        self._tell("settled" if is_settled else "given back")

    def _tell(self, what: str) -> None:
        if self._tracer.is_broken:
            raise ValueError(what)
        self.told.append(what)
