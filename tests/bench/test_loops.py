"""The sink and the cheapest contenders, for a moment: every delivery is counted, nothing is timed."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from bench.contenders.contender import Contender
from bench.contenders.loops import AIOHTTP_LOOP, DIRECT_LOOP
from bench.job import Job
from bench.measure import watch
from bench.processes import running
from bench.served import sink
from bench.stage import make_corpus

_EVENTS = 200
_NOWHERE = Job("", "", "", "", "", "", Path(), Path(), "", None, Path())


@pytest.mark.parametrize("contender", [AIOHTTP_LOOP, DIRECT_LOOP])
def test_what_a_loop_posts_is_counted(
    contender: Contender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.stage.CACHE", tmp_path)

    corpus = make_corpus(_EVENTS)
    with sink(tmp_path, log=True) as served:
        job = replace(_NOWHERE, bodies_file=corpus.bodies_file, endpoint=served.endpoint)
        with running(contender.command(job), None, tmp_path / "loop.log") as process:
            measured = watch(served, [process], corpus.deliveries, time.time())
        log = served.log()
    assert measured.arrived.deliveries == measured.arrived.distinct == corpus.deliveries == len(log) > 0
    assert measured.peak_rss > 0
