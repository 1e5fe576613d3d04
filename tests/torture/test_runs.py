"""Short runs with fixed seeds: the harness itself, and the promises, in every test run."""

from pathlib import Path

import pytest

from tests.support.kafka.broker import Broker
from tests.support.kafka.cluster import Cluster
from tests.torture.acts import Begin, Kill, Stall, StopNode, Terminate
from tests.torture.plan import Outcome, Plan, kill_plan
from tests.torture.report import SUSPECTED_FOR_EACH_IN_FLIGHT, breaches, report
from tests.torture.run import torture
from tests.torture.schedule import Setting, random_schedule

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

SEED_OF_KILLS = 2
KILLS = 8
SEED_OF_EVERYTHING = 200
"""In eleven seconds three troubles of the endpoint, and of all else some."""
EVERYTHING = {Kill, Terminate, Stall, StopNode, Begin}


def check(outcome: Outcome) -> None:
    assert breaches(outcome) == [], report(outcome)
    assert outcome.verdict.events == outcome.verdict.complete > 0


async def test_kills_at_random_moments(kafka: Broker, tmp_path: Path) -> None:
    """After each, only a bounded number of records is flagged, among them all that was sent twice."""
    outcome = await torture(kill_plan(SEED_OF_KILLS, KILLS, rate=200), kafka, None, tmp_path)

    check(outcome)
    assert outcome.workers.kills == KILLS
    assert outcome.workers.kills_before_open > 0
    findings = outcome.verdict.findings
    assert findings.doubled
    bound = SUSPECTED_FOR_EACH_IN_FLIGHT * outcome.plan.concurrency
    assert max(map(len, findings.suspected.values())) <= bound


async def test_a_little_of_everything(lone_node: Cluster, tmp_path: Path) -> None:
    schedule = random_schedule(SEED_OF_EVERYTHING, Setting(duration_s=11.0))
    assert {type(timed.act) for timed in schedule} >= EVERYTHING
    plan = Plan(seed=SEED_OF_EVERYTHING, schedule=schedule)
    broker = Broker(lone_node.bootstrap_servers, "a node of its own")

    outcome = await torture(plan, broker, lone_node, tmp_path)

    check(outcome)
    assert outcome.workers.kills
    assert outcome.troubles["nodes restarted"]
