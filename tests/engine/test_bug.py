"""A bug while answers are followed up ends the worker; what it may have sent stays in doubt."""

import pytest

from pipeline.engine.braking import Braking
from tests.support.clock import settle
from tests.support.destination import FakeDestination, HeldAnswers
from tests.support.engine import World, event, record


async def test_over_one_answer_it_leaves_what_was_answered_with_it_in_doubt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = HeldAnswers()
    world = World(destination=FakeDestination(gate=answers))

    async with world.worker() as worker:
        assignment = await worker.open()
        monkeypatch.setattr(Braking, "count", _bug)
        await worker.take([record(number, event(number, user=f"u{number}")) for number in range(3)])
        answers.release(2)
        await settle()

        with pytest.raises(ZeroDivisionError):
            worker.services[0].result()
        assert assignment.under_way == 1, "what nobody has followed up: no commit may call it settled"
        assert assignment.entries[2].ambiguous, "what nobody waits for any more"


def _bug(*_: object) -> None:
    raise ZeroDivisionError
