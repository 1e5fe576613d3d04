"""What one run cost: samples of the sink's count and of the processes' CPU time and memory."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Final

from bench.served import Arrived, Sink

_EVERY_S: Final = 0.1
_STALLED_S: Final = 60.0
_START_S: Final = 120.0
_SETTLE_S: Final = 0.5
_FROM_SHARE, _TO_SHARE = 0.1, 0.9
_TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")
_KIB: Final = 1024


class StalledError(Exception):
    """A contender delivered nothing for a long time, or ended early."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One look: seconds, deliveries so far, CPU seconds so far, memory now."""

    at_s: float
    deliveries: int
    cpu_s: float
    rss_bytes: int


@dataclass(frozen=True, slots=True)
class Measured:
    """One run. `rss_samples` are (share of the events, bytes) over the run."""

    arrived: Arrived
    rate: float
    cpu_us: float
    peak_rss: int
    start_s: float
    rss_samples: tuple[tuple[float, int], ...]


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, all its threads, and its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) * _TICK_S


def memory(pid: int, name: str) -> int:
    """`VmRSS` (now) or `VmHWM` (at most so far), in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    found = next((line for line in lines if line.startswith(f"{name}:")), f"{name}: 0 kB")
    return int(found.split()[1]) * _KIB


def watch(sink: Sink, processes: Sequence[Popen[bytes]], expected: int, began_s: float) -> Measured:
    """Look on until all expected deliveries are there, and a moment longer: more would be a fault.

    Raises StalledError.
    """
    samples = [_sample(sink, processes)]
    moved_s = time.monotonic() + _START_S - _STALLED_S
    while samples[-1].deliveries < expected:
        time.sleep(_EVERY_S)
        _check_alive(processes, samples[-1].deliveries, expected)
        samples.append(_sample(sink, processes))
        if samples[-1].deliveries > samples[-2].deliveries:
            moved_s = samples[-1].at_s
        elif samples[-1].at_s - moved_s > _STALLED_S:
            raise StalledError(f"{samples[-1].deliveries} of {expected} deliveries, and no more")
    peak_rss = sum(memory(process.pid, "VmHWM") for process in processes if process.poll() is None)
    time.sleep(_SETTLE_S)
    return _measured(sink.count(), samples, expected, peak_rss, began_s)


def _check_alive(processes: Sequence[Popen[bytes]], deliveries: int, expected: int) -> None:
    for process in processes:
        if process.poll() not in (None, 0):
            raise StalledError(f"ended with {process.returncode} after {deliveries} of {expected} deliveries")


def _sample(sink: Sink, processes: Sequence[Popen[bytes]]) -> Sample:
    living = [process.pid for process in processes if process.poll() is None]
    count = sink.count().deliveries
    cpu_s = sum(map(cpu_seconds, living))
    return Sample(time.monotonic(), count, cpu_s, sum(memory(pid, "VmRSS") for pid in living))


def _measured(
    arrived: Arrived, samples: list[Sample], expected: int, peak_rss: int, began_s: float
) -> Measured:
    """Rate and CPU over the middle of the run: starting and the last few requests are left out."""
    middle = [s for s in samples if _FROM_SHARE * expected <= s.deliveries <= _TO_SHARE * expected]
    first, last = (middle[0], middle[-1]) if len(middle) > 1 else (samples[0], samples[-1])
    events = max(1, last.deliveries - first.deliveries)
    rss = tuple((sample.deliveries / expected, sample.rss_bytes) for sample in samples)
    return Measured(
        arrived,
        rate=events / (last.at_s - first.at_s) if last.at_s > first.at_s else 0.0,
        cpu_us=(last.cpu_s - first.cpu_s) / events * 1e6,
        peak_rss=max(peak_rss, *(sample.rss_bytes for sample in samples)),
        start_s=arrived.first_s - began_s,
        rss_samples=rss,
    )
