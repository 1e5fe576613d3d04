"""One Kafka process: started, stopped, killed."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from tests.support.kafka.apache import class_path, java
from tests.support.kafka.settings import Place

_PR_SET_PDEATHSIG = 1
_STOP_TIMEOUT_S = 20
_JVM = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Djava.awt.headless=true"]
_LOGGING = ["-Dorg.slf4j.simpleLogger.showDateTime=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=info"]
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Node:
    """A node of a cluster. It outlives `stop` and `kill`: `spawn` brings it back with its data."""

    def __init__(self, place: Place, *, outlives_parent: bool = False) -> None:
        self.place = place
        self._outlives_parent = outlives_parent
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def properties(self) -> Path:
        return self.place.folder / "server.properties"

    @property
    def pid(self) -> int:
        """The process id. Raises where nothing was started."""
        if self._process is None:
            raise RuntimeError(f"node {self.place.number} was never started")
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def format(self, cluster_id: str) -> subprocess.Popen[str]:
        """Start Kafka's formatter on the node's folder; the caller waits for it."""
        tool = [java(), "-Xmx128m", *_JVM, "-cp", class_path(), "kafka.tools.StorageTool"]
        command = [*tool, "format", "-t", cluster_id, "-c", str(self.properties)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def spawn(self) -> None:
        """Start the process and return at once.

        The kernel ends a child with the thread that started it, not with the process: hence the
        main thread only.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("a node must be started from the main thread: it would die with this one")
        command = [java(), "-Xmx512m", *_JVM, *_LOGGING, "-cp", class_path(), "kafka.Kafka"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, str(self.properties)],
                cwd=self.place.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=None if self._outlives_parent else _die_with_parent,  # noqa: PLW1509 (one system call)
            )

    def stop(self) -> None:
        """End the process as an operator would, and wait for it."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the process without warning, and wait for it."""
        self._end(signal.SIGKILL)

    def _end(self, number: int) -> None:
        if self._process is None or not self.is_running:
            return
        os.kill(self._process.pid, number)
        try:
            self._process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_STOP_TIMEOUT_S)

    def exited_within(self, timeout_s: float) -> bool:
        """Whether the process ends by itself within the time."""
        if self._process is None:
            return True
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    @property
    def _log(self) -> Path:
        return self.place.folder / "server.log"

    def log_tail(self, lines: int = 30) -> str:
        """The newest lines of the node's own log."""
        text = self._log.read_text(errors="replace") if self._log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])
