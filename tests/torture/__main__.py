"""The pipeline under random kills, stalls, restarts and faults, on Apache Kafka of its own.

python -m tests.torture --minutes 5              a seed of its own choice, which it prints
python -m tests.torture --minutes 5 --seed 7     the same blows at the same moments again
python -m tests.torture --kills 200              SIGKILLs only
python -m tests.torture --schedule FILE          the acts of a file, as a run prints them
"""

import argparse
import asyncio
import logging
import random
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.support.kafka.broker import Broker
from tests.support.kafka.cluster import Cluster
from tests.support.kafka.sources import make_jars_ready
from tests.support.kafka.unavailable import Unavailable
from tests.torture.acts import as_text, from_text
from tests.torture.plan import Outcome, Plan, kill_plan
from tests.torture.report import breaches, report
from tests.torture.run import torture
from tests.torture.schedule import Setting, random_schedule

_FOLDER: Final = Path(".cache/torture").resolve()
_SEEDS: Final = 1_000_000
_MOST_COPIES: Final = 3


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.torture", description=(__doc__ or "").splitlines()[0]
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--minutes", type=float, default=2.0, help="how long blows fall (2)")
    what.add_argument("--kills", type=int, help="so many SIGKILLs and nothing else")
    what.add_argument("--schedule", type=Path, help="a file with the acts, in place of random ones")
    parser.add_argument("--seed", type=int, help="repeats a schedule and the events produced")
    parser.add_argument("--nodes", type=int, default=1, choices=(1, 3), help="Kafka nodes (1)")
    parser.add_argument("--array", type=int, default=1, help="events in a request at most (1: no arrays)")
    parser.add_argument("--rate", type=float, default=100.0, help="records produced in a second (100)")
    parser.add_argument("--print", action="store_true", help="print the schedule and do nothing")
    parser.add_argument(
        "--keep", action="store_true", help="keep logs and configurations of a run that passed"
    )
    return parser.parse_args()


def _plan(arguments: argparse.Namespace) -> Plan:
    seed = random.SystemRandom().randrange(_SEEDS) if arguments.seed is None else arguments.seed
    common = {"seed": seed, "rate": arguments.rate, "events_a_request": arguments.array}
    if arguments.schedule is not None:
        return Plan(schedule=from_text(arguments.schedule.read_text()), **common)
    if arguments.kills is not None:
        return kill_plan(kills=arguments.kills, **common)
    setting = Setting(duration_s=60 * arguments.minutes, nodes=arguments.nodes)
    return Plan(schedule=random_schedule(seed, setting), is_static=seed % 2 == 0, **common)


def _run(plan: Plan, nodes: int, folder: Path) -> Outcome:
    cluster = Cluster(folder / "kafka", nodes)
    try:
        cluster.start_all()
        copies = min(_MOST_COPIES, nodes)
        broker = Broker(cluster.bootstrap_servers, "the run's own nodes", copies=copies)
        return asyncio.run(torture(plan, broker, cluster, folder))
    finally:
        cluster.stop_all()
        for node in cluster.nodes.values():
            shutil.rmtree(node.place.folder / "data", ignore_errors=True)


def _leave_evidence(outcome: Outcome, folder: Path) -> None:
    """Everything that was found, beside the logs, the configurations and the schedule."""
    (folder / "report.txt").write_text(report(outcome) + "\n")
    (folder / "breaches.txt").write_text("".join(f"{breach}\n" for breach in breaches(outcome)))


def main() -> int:
    """Torture; 0 when every law held, 1 when one was broken, 2 when it could not begin."""
    arguments = _arguments()
    plan = _plan(arguments)
    logging.disable()  # our own clients complain about every broker that is down
    if arguments.print:
        sys.stdout.write(as_text(plan.schedule))
        return 0
    try:
        make_jars_ready()
    except Unavailable as reason:
        sys.stderr.write(f"no broker: {reason}\n")
        return 2
    _FOLDER.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{plan.seed}-", dir=_FOLDER))
    sys.stdout.write(
        f"seed {plan.seed}: {len(plan.schedule)} acts in {plan.lasts_s:.0f} s; logs in {folder}\n"
    )
    sys.stdout.flush()
    outcome = _run(plan, arguments.nodes, folder)
    _leave_evidence(outcome, folder)
    sys.stdout.write(report(outcome) + "\n")
    if not breaches(outcome):
        if not arguments.keep:
            shutil.rmtree(folder)
        return 0
    sys.stdout.write(f"seed {plan.seed}; the evidence is in {folder}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
