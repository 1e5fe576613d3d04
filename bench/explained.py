"""How long `kameleoon-pipeline explain` takes for one event."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final

from bench.processes import ROOT

_EVENT: Final = ROOT / "topics/examples/segment-events/valid/track-order-completed.json"
_CONFIG: Final = """\
destination: {api_key: eyJpZCI6ImJlbmNoIn0=, sitecode: bench12345}
kafka: {bootstrap_servers: localhost:9092}
"""


def explain_seconds(times: int) -> float:
    """The median over so many calls, from the start of the process to its end."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "kameleoon-pipeline.yaml")
        config.write_text(_CONFIG)
        return median(_once(config) for _ in range(times))


def _once(config: Path) -> float:
    words = [sys.executable, "-m", "pipeline.cli.main", "explain", "--config", str(config), str(_EVENT)]
    began_s = time.monotonic()
    subprocess.run(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.monotonic() - began_s
