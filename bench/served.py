"""The sink in a process of its own, and what it says."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.processes import ROOT, Command, cores, running

CERTIFICATE: Final = ROOT / "tests" / "support" / "loopback_certificate.pem"
_ANSWER_S: Final = 30


@dataclass(frozen=True, slots=True)
class Arrived:
    """The sink's counts; `first_s` is the Unix time of the first request, 0 before it."""

    requests: int
    deliveries: int
    distinct: int
    first_s: float


@dataclass(frozen=True, slots=True)
class Sink:
    """A running sink: where contenders post, and where its counts are read."""

    endpoint: str
    control: str

    def count(self) -> Arrived:
        """What has come so far."""
        return Arrived(**json.loads(self._get("/count")))

    def log(self) -> dict[str, tuple[float, float]]:
        """Message id → time of its answer, and the seconds that the sink itself took."""
        rows = (line.split(" ") for line in self._get("/log").decode().split("\n") if line)
        return {name: (float(at), float(took)) for name, at, took in rows}

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.control + path, timeout=_ANSWER_S) as answer:  # noqa: S310 (our own server)
            return bytes(answer.read())


@contextmanager
def sink(folder: Path, latency_ms: float = 0, *, tls: bool = False, log: bool = False) -> Iterator[Sink]:
    """A fresh sink on its own core."""
    words = [sys.executable, "-m", "bench.sink", "--latency-ms", str(latency_ms)]
    words += ["--certificate", str(CERTIFICATE)] if tls else []
    words += ["--log"] if log else []
    with running(Command(words), cores()[0], folder / "sink.log", subprocess.PIPE) as process:
        assert process.stdout is not None  # noqa: S101 (it was asked for)
        ports = json.loads(process.stdout.readline())
        scheme = "https" if tls else "http"
        yield Sink(f"{scheme}://localhost:{ports['port']}/segmentio", f"http://127.0.0.1:{ports['control']}")
