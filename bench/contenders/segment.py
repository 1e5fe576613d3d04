"""Segment's own engine with its published destination, on Node, fed from a file."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from bench.contenders.contender import CannotBuildError, Contender
from bench.job import Job
from bench.processes import CACHE, Command

_SOURCE: Final = Path(__file__).with_name("segment")
_FOLDER: Final = CACHE / "segment"
_DESTINATION: Final = _FOLDER / "node_modules/@segment/action-destinations/dist/destinations/kameleoon"
_INSTALL_S: Final = 900


def _prepare() -> str:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise CannotBuildError("there is no `node` and `npm` on PATH")
    _FOLDER.mkdir(parents=True, exist_ok=True)
    shutil.copy(_SOURCE / "package.json", _FOLDER)
    if not _DESTINATION.exists():
        _install(npm)
    found = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return f"@segment/actions-core 3.170.0, action-destinations 3.497.0, node {found.removeprefix('v')}"


def _install(npm: str) -> None:
    words = [npm, "install", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(words, cwd=_FOLDER, capture_output=True, text=True, timeout=_INSTALL_S, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
        raise CannotBuildError(f"`npm install` failed: {said[0] if said else done.returncode}")


def _command(job: Job) -> Command:
    words = ["node", str(_SOURCE / "engine.js"), str(job.events_file), job.endpoint]
    return Command(words, folder=_FOLDER)


SEGMENT = Contender("segment", "Segment's engine, keep-alive agent", _command, _prepare, reads_kafka=False)
