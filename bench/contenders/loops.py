"""Bare loops over ready-made bodies: what an HTTP client costs alone, without Kafka, mapping and audit."""

import sys

from bench.contenders.contender import Contender
from bench.job import Job
from bench.processes import Command


def _command(job: Job, client: str) -> Command:
    words = [sys.executable, "-m", f"bench.contenders.{client}_loop", str(job.bodies_file), job.endpoint]
    return Command(words)


AIOHTTP_LOOP = Contender(
    "aiohttp-loop", "bare aiohttp loop", lambda job: _command(job, "aiohttp"), reads_kafka=False
)
DIRECT_LOOP = Contender(
    "direct-loop",
    "bare loop over the pipeline's own client",
    lambda job: _command(job, "direct"),
    reads_kafka=False,
)
