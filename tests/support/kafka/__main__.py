"""The broker of `make kafka-up`, and what tests fetch before they run.

python -m tests.support.kafka prepare    say which broker tests will take; fetch it if need be
python -m tests.support.kafka up         start Apache Kafka on port KAFKA_PORT (9092)
python -m tests.support.kafka down       end it and forget its records
"""

import os
import select
import shutil
import signal
import sys
from pathlib import Path

from tests.support.kafka.cluster import Cluster
from tests.support.kafka.sources import find_source, make_jars_ready
from tests.support.kafka.unavailable import Unavailable

_FOLDER = Path(".cache/kafka").resolve()
_PID_FILE = _FOLDER / "pid"
_STOP_TIMEOUT_S = 20


def _prepare() -> str:
    found = find_source()
    passed_over = f" ({found.passed_over})" if found.passed_over else ""
    return f"Tests take their broker from: {found.source.name}{passed_over}"


def _up() -> str:
    if _running() is not None:
        return f"Kafka runs already, its data are in {_FOLDER}"
    make_jars_ready()
    shutil.rmtree(_FOLDER, ignore_errors=True)
    cluster = Cluster(_FOLDER, port=int(os.environ.get("KAFKA_PORT", "9092")), outlives_parent=True)
    try:
        cluster.start_all()
    except BaseException:
        cluster.stop_all()
        raise
    _PID_FILE.write_text(str(cluster.nodes[1].pid))
    return f"Kafka runs on {cluster.bootstrap_servers}"


def _down() -> str:
    pid = _running()
    if pid is not None:
        process = os.pidfd_open(pid)
        signal.pidfd_send_signal(process, signal.SIGTERM)
        if not select.select([process], [], [], _STOP_TIMEOUT_S)[0]:
            signal.pidfd_send_signal(process, signal.SIGKILL)
        os.close(process)
    shutil.rmtree(_FOLDER, ignore_errors=True)
    return "Kafka was not running" if pid is None else "Kafka has ended"


def _running() -> int | None:
    """The broker's process id, unless the number belongs to another process by now."""
    try:
        pid = int(_PID_FILE.read_text())
        command = Path(f"/proc/{pid}/cmdline").read_text()
    except (OSError, ValueError):
        return None
    return pid if str(_FOLDER) in command else None


def main() -> int:
    """Obey one word; 1 when a broker cannot be had."""
    verbs = {"prepare": _prepare, "up": _up, "down": _down}
    if len(sys.argv) != 2 or sys.argv[1] not in verbs:
        sys.stderr.write(__doc__ or "")
        return 2
    try:
        sys.stdout.write(f"{verbs[sys.argv[1]]()}\n")
    except Unavailable as reason:
        sys.stderr.write(f"no broker: {reason}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
