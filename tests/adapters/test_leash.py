"""A process on a leash ends in order when the process that holds it is gone."""

import subprocess
import sys

from tests.support.tree import ROOT

PROGRAM = """
import signal, sys
from pipeline.adapters.leash import end_with_parent
signal.signal(signal.SIGTERM, lambda *_: sys.exit(9))
end_with_parent()
print("held", flush=True)
while True:
    signal.pause()
"""


def test_the_end_of_the_leash_is_a_sigterm() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as held:
        assert held.stdin is not None
        assert held.stdout is not None
        try:
            assert held.stdout.readline() == b"held\n"
            assert held.poll() is None
            held.stdin.close()
            assert held.wait(30) == 9
        finally:
            held.kill()
