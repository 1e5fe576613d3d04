"""docker-compose.yml and Dockerfile: what they promise without being run."""

import re
from typing import Any

import pytest
import yaml

from pipeline.config.loader import load_config
from tests.support.kafka.container import IMAGE
from tests.support.tree import ROOT

_COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
_SERVICES: dict[str, dict[str, Any]] = _COMPOSE["services"]
_OURS = {name: service for name, service in _SERVICES.items() if "build" in service}
_DOCKERFILE = (ROOT / "Dockerfile").read_text()


def environment_of(service: str) -> dict[str, str]:
    """What the service sees when nobody sets anything."""
    given = _SERVICES[service]["environment"]
    return {name: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value) for name, value in given.items()}


@pytest.mark.parametrize("service", ["topics", "worker"])
def test_the_configuration_loads_as_it_is(service: str) -> None:
    config = load_config(ROOT / "deploy" / "kameleoon-pipeline.yaml", environment_of(service))
    grace_s = int(_SERVICES["worker"]["stop_grace_period"].removesuffix("s"))
    assert config.kafka.bootstrap_servers == ("kafka:19092",)
    assert grace_s > config.delivery.drain_s


def test_ports_are_open_on_this_machine_only() -> None:
    ports = [port for service in _SERVICES.values() for port in service.get("ports", ())]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:${")] == []


@pytest.mark.parametrize("name", _OURS)
def test_our_services_can_do_little(name: str) -> None:
    service = _OURS[name]
    assert service["init"] is True
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]


def test_the_image_runs_as_a_user_without_rights() -> None:
    users = re.findall(r"^USER (\d+)$", _DOCKERFILE, re.MULTILINE)
    assert users
    assert int(users[-1]) > 0


def test_nothing_but_public_tags_is_asked_for() -> None:
    """No digest and no frontend image: a machine with its own images can build and run both files."""
    images = [service["image"] for service in _SERVICES.values()]
    assert [name for name in images if "@" in name] == []
    assert not re.search(r"^# *syntax|@sha256", _DOCKERFILE, re.MULTILINE)


def test_tests_and_compose_run_the_same_kafka() -> None:
    assert _SERVICES["kafka"]["image"] == IMAGE
    assert f"kafka_image={IMAGE}\n" in (ROOT / "tests/compose/images/make").read_text()
