"""Redpanda Connect, built from its Go modules with only what the job needs, with an audit output."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from bench.contenders.contender import CannotBuildError, Contender
from bench.job import Job
from bench.processes import CACHE, Command

_SOURCE: Final = Path(__file__).with_name("redpanda")
_PROGRAM: Final = CACHE / "redpanda-connect"
_VERSION: Final = "Redpanda Connect 4.110.0 (benthos 4.80.0)"
_BUILD_S: Final = 1200


def _prepare() -> str:
    if _PROGRAM.exists():
        return _VERSION
    go = shutil.which("go")
    if go is None:
        raise CannotBuildError("there is no `go` on PATH")
    words = [go, "build", "-trimpath", "-ldflags=-s -w", "-o", str(_PROGRAM), "."]
    try:
        done = subprocess.run(
            words,
            cwd=_SOURCE,
            env={**os.environ, "CGO_ENABLED": "0"},
            capture_output=True,
            text=True,
            timeout=_BUILD_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CannotBuildError(f"`go build` took more than {_BUILD_S} s") from error
    if done.returncode:
        raise CannotBuildError(f"`go build` failed: {done.stderr.strip().splitlines()[-1]}")
    return _VERSION


def _command(job: Job, kept_connections: int) -> Command:
    environment = {
        "BOOTSTRAP": job.servers,
        "TOPIC": job.events_topic,
        "AUDIT_TOPIC": job.audit_topic,
        "GROUP": job.group,
        "TARGET_URL": job.endpoint,
        "GOMAXPROCS": "1",
    }
    if kept_connections:
        environment["CONNECT_IDLE_CONNS"] = str(kept_connections)
    return Command([str(_PROGRAM), "run", str(_SOURCE / "connect.yaml")], environment)


REDPANDA = Contender("redpanda", "Redpanda Connect, as it comes", lambda job: _command(job, 0), _prepare)
REDPANDA_KEPT = Contender(
    "redpanda-kept", "Redpanda Connect, 64 connections kept", lambda job: _command(job, 64), _prepare
)
