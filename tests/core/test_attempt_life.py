"""Attempts and blame in any order of starts and ends: an event pays only by what proves its fault."""

from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from pipeline.core.attempt import Accept, Again, Fail, RetryPolicy, Sign, attempted, next_step
from pipeline.core.blame import Blame
from pipeline.core.exchange import Answer, Exchange, NoAnswer, NoAnswerKind
from pipeline.core.outcome import Attempts
from pipeline.core.retry import Backoff
from pipeline.core.verdict import judge

POLICY = RetryPolicy(Backoff(1.0, 60.0), max_attempts=2)
RESET = NoAnswer(NoAnswerKind.CONNECTION_LOST, "the connection was lost", bytes_written=True)
CLOSED = NoAnswer(NoAnswerKind.CONNECTION_REFUSED, "the connection was refused", bytes_written=False)
ARRIVES = [RESET, Answer(500), Answer(502), Answer(504)]
FAULTS = [*ARRIVES, CLOSED, Answer(503), Answer(408), Answer(401), Answer(403)]
EVENTS = 4


@dataclass
class Told:
    """What a bookkeeper with a clock knows of one event."""

    attempts: Attempts | None = None
    started_at: int | None = None
    refused_at: int | None = None
    throttled_at: int | None = None
    charged: int = 0
    may_have: list[bool] = field(default_factory=list)


class AnyOrder(RuleBasedStateMachine):
    """The product counts requests; the model here looks at the moments at which they start and end."""

    def __init__(self) -> None:
        super().__init__()
        self.blame = Blame()
        self.moment = 0
        self.accepted_starts: list[int] = []
        self.told = [Told() for _ in range(EVENTS)]
        self.numbers = [0] * EVENTS

    def idle(self) -> list[int]:
        return [number for number, told in enumerate(self.told) if told.started_at is None]

    def under_way(self) -> list[int]:
        return [number for number, told in enumerate(self.told) if told.started_at is not None]

    def is_proved_since(self, moment: int | None) -> bool:
        return moment is not None and any(start > moment for start in self.accepted_starts)

    @precondition(lambda self: self.idle())
    @rule(data=st.data())
    def start(self, data: st.DataObject) -> None:
        event = data.draw(st.sampled_from(self.idle()))
        self.moment += 1
        self.told[event].started_at = self.moment
        self.numbers[event] = self.blame.start()

    @precondition(lambda self: self.under_way())
    @rule(data=st.data(), exchange=st.sampled_from([Answer(200), Answer(429), *FAULTS]))
    def end(self, data: st.DataObject, exchange: Exchange) -> None:
        event = data.draw(st.sampled_from(self.under_way()))
        self.moment += 1
        told = self.told[event]
        made = attempted(told.attempts, exchange, sent_at_ms=self.moment, latency_ms=1.0)
        end = next_step(
            judge(exchange), exchange, made, policy=POLICY, blame=self.blame, now_ms=0, jitter=0.5
        )
        told.may_have.append(exchange in ARRIVES)
        assert end.attempts.count == len(told.may_have)
        assert end.attempts.is_doubtful == any(told.may_have[:-1])
        if exchange == Answer(200):
            self.blame.accept(self.numbers[event])
            self.accepted_starts.append(told.started_at or 0)
            assert end.step == Accept()
        else:
            assert end.attempts.may_have_arrived == any(told.may_have)
        if exchange == Answer(200):
            pass
        elif exchange == Answer(429):
            is_own = self.is_proved_since(told.throttled_at)
            assert end.sign is (Sign.NOTHING if is_own else Sign.THROTTLES)
            told.throttled_at = self.moment
            told.refused_at = told.refused_at and self.moment
        else:
            is_own = self.is_proved_since(told.refused_at)
            told.charged += is_own
            assert (end.sign is Sign.NOTHING) == is_own
            told.refused_at = self.moment
        assert end.attempts.charged == told.charged
        assert isinstance(end.step, Fail) == (told.charged == POLICY.max_attempts)
        told.attempts, told.started_at = end.attempts, None
        if not isinstance(end.step, Again):
            self.told[event] = Told()


TestAnyOrder = AnyOrder.TestCase
