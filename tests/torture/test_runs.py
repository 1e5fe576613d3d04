"""Short runs with fixed seeds: the harness itself, and the promises, in every test run."""

from pathlib import Path

import pytest

from tests.support.kafka.broker import Broker
from tests.support.kafka.cluster import Cluster
from tests.torture.acts import from_text
from tests.torture.plan import Outcome, Plan, kill_plan
from tests.torture.report import SUSPECTED_FOR_EACH_IN_FLIGHT, breaches, report
from tests.torture.run import torture

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

SEED = 6
KILLS = 6
A_LITTLE_OF_EVERYTHING = """
    0.0 start 0
    0.0 await 0
    0.0 start 1
    0.0 await 1
    1.0 begin cut-off
    1.6 heal
    2.0 kill 0
    2.1 start 0
    3.0 terminate 1
    3.1 start 1
    4.5 stop-node 1
    4.6 stall 0
    5.4 start-node 1
    5.5 wake 0
    6.0 begin throttled
    6.5 heal
"""


def check(outcome: Outcome) -> None:
    assert breaches(outcome) == [], report(outcome)
    assert outcome.verdict.events == outcome.verdict.complete > 0


async def test_kills_at_random_moments(kafka: Broker, tmp_path: Path) -> None:
    """After each, only a bounded number of records is flagged, among them all that was sent twice."""
    outcome = await torture(kill_plan(SEED, KILLS, rate=200), kafka, None, tmp_path)

    check(outcome)
    assert outcome.workers.kills == KILLS
    assert outcome.workers.kills_before_open > 0
    findings = outcome.verdict.findings
    assert findings.doubled
    bound = SUSPECTED_FOR_EACH_IN_FLIGHT * outcome.plan.concurrency
    assert max(map(len, findings.suspected.values())) <= bound


async def test_a_little_of_everything(lone_node: Cluster, tmp_path: Path) -> None:
    plan = Plan(seed=SEED, schedule=from_text(A_LITTLE_OF_EVERYTHING))
    broker = Broker(lone_node.bootstrap_servers, "a node of its own")

    outcome = await torture(plan, broker, lone_node, tmp_path)

    check(outcome)
    assert outcome.workers.kills == 1
    assert outcome.troubles.total() == 3
