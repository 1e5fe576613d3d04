"""A Faust agent as its documentation would have it: an agent on the topic, aiohttp, no audit."""

import sys
from importlib.metadata import version

from bench.contenders.contender import Contender
from bench.job import Job
from bench.processes import Command


def _command(job: Job) -> Command:
    words = [sys.executable, "-m", "bench.contenders.faust_agent"]
    return Command([*words, job.servers, job.events_topic, job.group, job.endpoint, str(job.folder)])


FAUST = Contender(
    "faust",
    "Faust topic agent with aiohttp",
    _command,
    lambda: f"faust-streaming {version('faust-streaming')}",
)
