"""Workers of one parent keep apart what brokers and the machine tell apart, and share everything else."""

import pytest

from pipeline.config.workers import highest_port_problem, of_worker
from tests.support.configuration import config


def test_each_worker_has_a_port_and_names_of_its_own() -> None:
    loaded = config("  group_instance_id: shop\n")

    own = [of_worker(loaded, number) for number in range(3)]

    assert [each.admin.address for each in own] == [("127.0.0.1", 9464 + number) for number in range(3)]
    assert [each.kafka.client_id for each in own] == [f"kameleoon-pipeline-{number}" for number in range(3)]
    assert [each.kafka.group_instance_id for each in own] == ["shop-0", "shop-1", "shop-2"]


def test_everything_else_is_shared() -> None:
    loaded = config()
    own = of_worker(loaded, 1)
    assert own.kafka.group == loaded.kafka.group
    assert own.kafka.group_instance_id is None
    assert (own.plan, own.delivery, own.digest) == (loaded.plan, loaded.delivery, loaded.digest)


@pytest.mark.parametrize(
    "listen, address",
    [("off", None), ("127.0.0.1:0", ("127.0.0.1", 0)), ("'[::1]:9000'", ("::1", 9002))],
)
def test_no_pages_any_port_and_other_hosts(listen: str, address: tuple[str, int] | None) -> None:
    loaded = config(f"admin:\n  listen: {listen}\n")
    assert of_worker(loaded, 2).admin.address == address


@pytest.mark.parametrize("listen, workers", [("h:65535", 1), ("h:65530", 6), ("off", 9), ("h:0", 9)])
def test_there_are_ports_enough(listen: str, workers: int) -> None:
    assert highest_port_problem(config(f"admin:\n  listen: {listen}\n").admin, workers) is None


def test_there_are_not_ports_enough() -> None:
    problem = highest_port_problem(config("admin:\n  listen: h:65530\n").admin, 7)
    assert problem is not None
    assert "65535" in problem
