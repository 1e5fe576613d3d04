"""Order per visitor under retries, and arrays with a refused event among good ones."""

import json
from collections import Counter
from itertools import cycle, islice

import pytest

from tests.support.worker.accounts import account
from tests.support.worker.events import letter, track, tracks
from tests.support.worker.scene import Scene

pytestmark = pytest.mark.kafka

VISITORS, EACH = 40, 10
STORIES = ("503,500,200", "200", "503,200", "200", "408,503,200", "500,500,200", "200")
THROTTLED = "429,500,200"
"""The story of a few visitors' last events: requests are paced from a 429 on."""


async def test_a_visitors_events_arrive_in_order_whatever_is_retried(scene: Scene) -> None:
    stories = [*islice(cycle(STORIES), VISITORS * EACH - 4), *[THROTTLED] * 4]
    await scene.produce(
        [
            letter(track(number, f"a-{visitor}", properties={"sandbox": {"status": story}}), visitor % 4)
            for number, story in enumerate(stories)
            for visitor in [number % VISITORS]
        ]
    )

    # half of all answers are failures: one request at a time would follow
    config = scene.config(delivery={"concurrency": 64, "min_concurrency": 16})
    worker = await scene.started(config)
    await scene.accounted(VISITORS * EACH, timeout_s=90)

    assert await worker.stop() == 0
    outcomes, received = (await scene.book()).outcomes, scene.sandbox.received()
    found = account(await scene.events(), outcomes, received, is_strict=True)
    found.check()
    assert found.outcomes == {("delivered", "accepted"): VISITORS * EACH}
    attempts = Counter(outcome.record.http.attempts for outcome in outcomes if outcome.record.http)
    assert set(attempts) == {1, 2, 3}
    answered_500 = {outcome.record.message_id for outcome in outcomes if outcome.record.possible_duplicate}
    assert answered_500 == found.flagged
    assert found.flagged


async def test_order_is_kept_through_a_login(scene: Scene) -> None:
    """An event that names both identities waits for both, and both wait for it."""
    events = []
    for visitor in range(20):
        anonymous, user = f"a-{visitor}", f"u-{visitor}"
        told = {"properties": {"sandbox": {"status": "503,503,200"}}}
        before = [track(100 * visitor + n, anonymous, **told) for n in range(3)]
        login = track(100 * visitor + 50, anonymous, userId=user, **told)
        after = [track(100 * visitor + 60 + n, f"b-{visitor}", userId=user) for n in range(3)]
        events += [letter(event, visitor % 4) for event in (*before, login, *after)]
    await scene.produce(events)

    worker = await scene.started(scene.config())
    await scene.accounted(len(events))

    assert await worker.stop() == 0
    (await scene.account()).check_clean()
    arrived = [int(json.loads(request.body)["messageId"][2:]) for request in scene.sandbox.received()]
    for visitor in range(20):
        own = [number for number in arrived if number // 100 == visitor]
        assert own == sorted(own)


async def test_of_an_array_only_the_bad_event_fails(scene: Scene) -> None:
    bad = [
        letter(track(5000 + n, properties={"sandbox": {"status": "400"}}), partition=n % 4) for n in range(3)
    ]
    good = tracks(600)
    await scene.produce([*good[:200], bad[0], *good[200:400], bad[1], bad[2], *good[400:]])

    array = {"array": {"max_events": 50, "linger": "50ms"}}
    worker = await scene.started(scene.config(delivery={"wire": array}))
    await scene.accounted(603)

    assert await worker.stop() == 0
    found = await scene.account()
    found.check_clean()
    assert found.outcomes == {("delivered", "accepted"): 600, ("failed", "refused"): 3}
    failed = {dict(dead.headers)["reason"] for dead in await scene.dead_letters()}
    assert failed == {b"refused"}
    assert len(scene.sandbox.received()) < 200
