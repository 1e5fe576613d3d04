"""One torture run: real brokers, real worker processes, a producer, and a schedule of blows."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, assert_never
from uuid import uuid4

from aiokafka.errors import KafkaError

from pipeline.adapters.sandbox import Sandbox
from tests.support.kafka.broker import Broker
from tests.support.kafka.cluster import Cluster
from tests.support.worker.nursery import Nursery
from tests.support.worker.scene import Scene, sandbox_settings
from tests.torture.acts import (
    Act,
    Await,
    Begin,
    Heal,
    Kill,
    KillNode,
    Stall,
    Start,
    StartNode,
    StopNode,
    Terminate,
    Timed,
    Wake,
    as_text,
)
from tests.torture.crew import Crew
from tests.torture.endpoint import Endpoint
from tests.torture.feeder import Feeder
from tests.torture.laws import Fate
from tests.torture.plan import Outcome, Plan
from tests.torture.traffic import MAPPINGS, calm_letters, letters
from tests.torture.verdict import read_verdict

_NO_PROGRESS_S: Final = 60.0
_MORE_ROOM: Final = {"max_in_flight_events": 32_768}
_LOOK_AGAIN_S: Final = 0.5
_FEED_END_S: Final = 90.0
_CALM_RATE: Final = 40.0


class Run:
    """A run in the making; `play` carries it out."""

    def __init__(self, plan: Plan, scene: Scene, cluster: Cluster | None, folder: Path) -> None:
        self._plan = plan
        self._scene = scene
        self._cluster = cluster
        self._folder = folder
        self._endpoint = Endpoint(scene.sandbox, plan.delay_ms)
        self._began_s = 0.0
        self._troubles: Counter[str] = Counter()
        self._breaches: list[str] = []
        self._room: Mapping[str, int] = {}

    async def play(self, nursery: Nursery) -> Outcome:
        """Do all that the schedule says, let the workers catch up, and compare."""
        topic = self._scene.kafka.topics.events
        feed = letters(self._plan.seed, self._plan.partitions)
        feeder = Feeder(self._scene.servers, topic, feed, self._plan.rate)
        feeding = asyncio.create_task(feeder.run())
        crew = Crew(nursery, self._config, self._folder)
        try:
            await self._act(crew)
            feeder.go_on(calm_letters(self._plan.partitions), _CALM_RATE)
            catching_up_s = await self._catch_up(crew)
            feeder.stop()
            async with asyncio.timeout(_FEED_END_S):
                await feeding
            await self._catch_up(crew)
            await crew.stop()
            verdict = await read_verdict(
                self._scene, self._endpoint.arrivals(), has_zombies=self._plan.has_zombies
            )
        finally:
            feeding.cancel()
            crew.abandon()
            with suppress(asyncio.CancelledError):
                await feeding
            await self._endpoint.stop()
        return Outcome(
            plan=self._plan,
            verdict=verdict,
            workers=crew.counts,
            troubles=self._troubles,
            requests=self._endpoint.arrived,
            most_in_flight=self._endpoint.most_in_flight,
            unacknowledged=feeder.unacknowledged,
            catching_up_s=catching_up_s,
            breaches=[*self._breaches, *crew.breaches, *verdict.breaches],
        )

    def _config(self, worker: int, sender: str) -> Path:
        """A worker's own file: it differs by its name in the group and before the endpoint."""
        arrays = {"array": {"max_events": self._plan.events_a_request, "linger": "20ms"}}
        name = {"group_instance_id": f"worker-{worker}"} if self._plan.is_static else {}
        return self._scene.config(
            f"worker-{worker}",
            kafka={"group": self._scene.pipeline(), "session_timeout": f"{self._plan.session_s:g}s", **name},
            delivery={
                "concurrency": self._plan.concurrency,
                "user_agent": sender,
                "wire": arrays if self._plan.events_a_request > 1 else "single",
                "timeout": "5s",
                "max_attempts": 5,
                "retry": {"first": "20ms", "cap": "1s"},
                **self._room,
            },
            mappings=MAPPINGS,
        )

    async def _act(self, crew: Crew) -> None:
        """Each worker, the nodes and the endpoint have their own sequence: none waits for another."""
        self._began_s = time.monotonic()
        sequences: defaultdict[object, list[Timed]] = defaultdict(list)
        for timed in self._plan.schedule:
            sequences[_whom(timed.act)].append(timed)
        async with asyncio.TaskGroup() as group:
            for acts in sequences.values():
                group.create_task(self._sequence(acts, crew))

    async def _sequence(self, acts: Sequence[Timed], crew: Crew) -> None:
        late_s = 0.0
        for timed in acts:
            if not crew.breaches:
                await asyncio.sleep(timed.at_s + late_s - (time.monotonic() - self._began_s))
            if crew.breaches and not isinstance(timed.act, StartNode):
                continue
            self._note(timed)
            await self._do(timed.act, crew)
            if isinstance(timed.act, Await | Kill):
                late_s = max(late_s, time.monotonic() - self._began_s - timed.at_s)

    def _note(self, timed: Timed) -> None:
        with (self._folder / "acts.log").open("a") as log:
            log.write(f"{time.strftime('%H:%M:%S')} {timed}\n")

    async def _do(self, act: Act, crew: Crew) -> None:
        match act:
            case Start(worker):
                crew.start(worker)
            case Kill(worker):
                await crew.kill(worker)
            case Terminate(worker):
                crew.terminate(worker)
            case Stall(worker):
                crew.stall(worker)
            case Wake(worker):
                crew.wake(worker)
            case Begin(trouble):
                self._troubles[trouble] += 1
                await self._endpoint.begin(trouble)
            case Heal():
                await self._endpoint.heal()
            case Await(worker):
                await crew.opened(worker)
            case StopNode(node) | KillNode(node):
                cluster = self._nodes()
                self._troubles["nodes restarted"] += 1
                await asyncio.to_thread(cluster.kill if isinstance(act, KillNode) else cluster.stop, node)
            case StartNode(node):
                if not self._nodes().nodes[node].is_running:
                    self._nodes().nodes[node].spawn()
            case _:
                assert_never(act)

    def _nodes(self) -> Cluster:
        if self._cluster is None:
            raise ValueError("the schedule stops nodes, and the broker is not this run's own")
        return self._cluster

    async def _catch_up(self, crew: Crew) -> float:
        """Wait until all that stands there now is committed; how long it took. Gives up without progress."""
        await self._endpoint.recover()
        if self._cluster is not None:
            await asyncio.to_thread(self._cluster.wait_ready)
        began_s = moved_s = time.monotonic()
        ends = {event.partition: event.offset + 1 for event in await self._scene.events()}
        lag = sum(ends.values())
        while lag > 0 and not crew.breaches:
            now = await self._lag(ends)
            if now < lag:
                lag, moved_s = now, time.monotonic()
            elif time.monotonic() - moved_s > _NO_PROGRESS_S:
                if not self._makes_room(crew):
                    self._breaches.append(f"stuck: {lag} records stay uncommitted")
                    break
                moved_s = time.monotonic()
            await asyncio.sleep(_LOOK_AGAIN_S)
        return time.monotonic() - began_s

    def _makes_room(self, crew: Crew) -> bool:
        """Do once what the operator is told to (docs/operations.md: one visitor holds a partition).

        Workers that are killed too soon bring no event to its end that always fails. In the end these, and
        what waits behind them, may fill all the room, and nobody gets in to prove them guilty: a worker
        sends, and nothing that it sends is accepted, though the endpoint is well.
        """
        since_ms = (time.time() - _NO_PROGRESS_S / 2) * 1000
        lately = [arrival for arrival in self._endpoint.arrivals() if arrival.at_ms >= since_ms]
        served = {arrival.sender for arrival in lately if arrival.fate is Fate.ACCEPTED}
        if self._room or served >= {arrival.sender for arrival in lately}:
            return False
        self._room = _MORE_ROOM
        self._troubles["room made"] += 1
        crew.replace()
        return True

    async def _lag(self, ends: Mapping[int, int]) -> int:
        """How many records are not committed; all of them as long as the broker cannot say."""
        try:
            commits = await self._scene.operator.commits(
                self._scene.pipeline(), self._scene.kafka.topics.events
            )
        except KafkaError:
            commits = {}
        return sum(max(0, end - commits.get(number, (0, None))[0]) for number, end in ends.items())


def _whom(act: Act) -> object:
    """What an act falls on: one worker, the brokers, or the endpoint."""
    match act:
        case StopNode() | KillNode() | StartNode():
            return "brokers"
        case Begin() | Heal():
            return "endpoint"
        case _:
            return act.worker


async def torture(plan: Plan, broker: Broker, cluster: Cluster | None, folder: Path) -> Outcome:
    """Carry a plan out; workers' logs and configurations stay in the folder.

    `cluster` is the broker's own nodes where the schedule stops some.
    """
    (folder / "schedule.txt").write_text(as_text(plan.schedule))
    sandbox = Sandbox(sandbox_settings())
    await sandbox.start()
    scene = Scene(broker, sandbox, folder, f"torture-{uuid4().hex[:8]}")
    try:
        await scene.make_topics(plan.partitions, {})
        async with Nursery() as nursery:
            return await Run(plan, scene, cluster, folder).play(nursery)
    finally:
        scene.delete_topics()
