"""`make fuzz RECORDS=n SEED=s`: hostile records through the core and the whole engine; prints what it saw."""

import argparse
import resource
import sys
import time

from tests.fuzz.campaign import explore, new_mutator, storm
from tests.fuzz.plans import hostile_plans
from tests.fuzz.world import Figures

_SHARE_GUIDED = 20
_REPORT_EVERY_S = 30.0


class _Progress:
    """Says now and then how far it is."""

    def __init__(self) -> None:
        self._last_s = self._began_s = time.monotonic()

    def __call__(self, figures: Figures) -> None:
        now_s = time.monotonic()
        if now_s - self._last_s >= _REPORT_EVERY_S:
            self._last_s = now_s
            seconds = now_s - self._began_s
            print(f"{figures.records:,} records, {seconds:.0f} s, {_peak_mib()} MiB", flush=True)  # noqa: T201 (a tool)


def _peak_mib() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1024 * 1024 if sys.platform == "darwin" else 1024)


def main() -> None:
    """Run, and end with an AssertionError at the first breach."""
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    mutator, plans = new_mutator(given.seed), hostile_plans()
    samples = len(mutator.corpus)
    guided = explore(mutator, plans, given.records // _SHARE_GUIDED)
    print(  # noqa: T201 (a tool that prints)
        f"guided: {guided.records:,} records reached {guided.steps:,} steps of the core; "
        f"{len(guided.corpus) - samples} joined {samples} captured events; slowest {guided.slowest_s:.2f} s"
    )
    began_mib = _peak_mib()
    figures = storm(mutator, plans, given.records, _Progress())
    print(  # noqa: T201 (the same)
        f"engine: {figures.records:,} records of {figures.bytes / 1e6:,.0f} MB, "
        f"{figures.requests:,} requests, the largest {figures.largest_request:,} bytes; "
        f"slowest chunk {figures.slowest_chunk_s:.2f} s; "
        f"memory {began_mib} MiB before, {_peak_mib()} MiB at most"
    )
    for outcome, count in figures.outcomes.most_common():
        print(f"  {count:>10,} {outcome}")  # noqa: T201 (the same)


main()
