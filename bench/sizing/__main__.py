"""Make the tables of docs/sizing.md anew, from RESULTS.md and bench/sizing/inputs.py.

python -m bench.sizing                     write them
python -m bench.sizing --cpu-us 80         print them for another CPU time of an event, one a request
"""

import argparse
import sys
from dataclasses import replace

from bench.results import RESULTS
from bench.sizing.inputs import measured
from bench.sizing.page import PAGE, filled, write


def main() -> None:
    """Write the page, or print it for a figure of one's own."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.sizing",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--cpu-us", type=float, help="in place of the bench's")
    cpu_us = parser.parse_args().cpu_us
    if cpu_us is None:
        write()
        return
    inputs = measured()
    other = replace(inputs, single_cpu_us=cpu_us, array_cpu_us=min(cpu_us, inputs.array_cpu_us))
    sys.stdout.write(filled(PAGE.read_text(), other, RESULTS.read_text()))


if __name__ == "__main__":
    main()
