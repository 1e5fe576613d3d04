"""One run of one variant: topics and sink of its own, the contender on its core, and what it cost."""

import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from subprocess import Popen

from bench.job import Job
from bench.measure import Measured, StalledError, watch
from bench.processes import cores, running
from bench.served import CERTIFICATE, Sink, sink
from bench.stage import Corpus, Stage
from bench.variants import Variant

_WARM_UP_EVENTS = 100
_DROPPED_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Of milliseconds."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Paced:
    """A run at a given rate: latency from record to answer, and the part of it that the endpoint took."""

    rate: float
    latency: Percentiles
    endpoint: Percentiles


@dataclass(frozen=True, slots=True)
class _Started:
    sink: Sink
    processes: list[Popen[bytes]]
    began_s: float


def run_at_full_speed(stage: Stage, corpus: Corpus, variant: Variant) -> Measured:
    """Deliver the whole corpus. Raises StalledError, also where the sink counted something else."""
    topic = stage.topic_of(corpus) if variant.contender.reads_kafka else ""
    with _started(stage, corpus, variant, topic) as started:
        measured = watch(started.sink, started.processes, corpus.deliveries, started.began_s)
    arrived = measured.arrived
    if {arrived.deliveries, arrived.distinct} != {corpus.deliveries}:
        raise StalledError(
            f"{arrived.deliveries} deliveries of {arrived.distinct} events, not {corpus.deliveries}"
        )
    return measured


def run_paced(stage: Stage, corpus: Corpus, variant: Variant, rate: float, seconds: float) -> Paced:
    """Produce events at a rate while the contender delivers."""
    topic = stage.empty_topic()
    with corpus.events_file.open("rb") as file:
        lines = [line.rstrip(b"\n") for line, _ in zip(file, range(int(rate * seconds)), strict=False)]
    with _started(stage, corpus, variant, topic, log=True) as started:
        stage.pace(topic, lines[:_WARM_UP_EVENTS], _WARM_UP_EVENTS)
        _wait(lambda: started.sink.count().deliveries > 0)
        sent = stage.pace(topic, lines[_WARM_UP_EVENTS:], rate)
        time.sleep(1)
        log = started.sink.log()
    arrived = [(log[name][0] - at_s, log[name][1]) for name, at_s in sent.items() if name in log]
    steady = arrived[int(_DROPPED_SHARE * len(arrived)) :]
    return Paced(rate, _percentiles([a for a, _ in steady]), _percentiles([b for _, b in steady]))


@contextmanager
def _started(
    stage: Stage, corpus: Corpus, variant: Variant, topic: str, *, log: bool = False
) -> Iterator[_Started]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        topics = stack.enter_context(stage.topics())
        served = stack.enter_context(sink(folder, variant.latency_ms, tls=variant.tls, log=log))
        job = Job(
            stage.servers,
            topic,
            topics.audit,
            topics.dead_letters,
            topics.replays,
            f"bench-{secrets.token_hex(4)}",
            corpus.events_file,
            corpus.bodies_file,
            served.endpoint,
            CERTIFICATE if variant.tls else None,
            folder,
            dict(variant.options),
        )
        command = variant.contender.command(job)
        began_s = time.time()
        processes = [
            stack.enter_context(running(command, cores()[1], folder / f"contender-{number}.log"))
            for number in range(variant.workers)
        ]
        try:
            yield _Started(served, processes, began_s)
        except StalledError as error:
            said = (folder / "contender-0.log").read_text(errors="replace")[-2000:]
            raise StalledError(f"{error}; it said: {said}") from error


def _wait(is_so: Callable[[], bool], within_s: float = 60.0) -> None:
    deadline_s = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > deadline_s:
            raise StalledError("nothing was delivered")
        time.sleep(0.05)


def _percentiles(seconds: list[float]) -> Percentiles:
    cuts = quantiles(seconds, n=100)
    return Percentiles(*(1000 * cuts[n - 1] for n in (50, 95, 99)))
