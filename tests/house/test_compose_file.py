"""docker-compose.yml and Dockerfile: what they promise without being run."""

import re
import tomllib
from typing import Any

import pytest
import yaml

from pipeline.config.loader import load_config
from tests.support.kafka.container import IMAGE
from tests.support.tree import ROOT

_COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
_SERVICES: dict[str, dict[str, Any]] = _COMPOSE["services"]
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


@pytest.mark.parametrize("name", _SERVICES)
def test_every_service_can_do_little(name: str) -> None:
    service = _SERVICES[name]
    assert service["init"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]


@pytest.mark.parametrize("name", sorted(_SERVICES.keys() - {"kafka"}))
def test_what_a_service_keeps_it_keeps_on_volumes(name: str) -> None:
    """Kafka's image writes its settings where its programs are."""
    assert _SERVICES[name]["read_only"] is True


@pytest.mark.parametrize("name", _SERVICES)
def test_what_is_mounted_from_here_cannot_be_written(name: str) -> None:
    mounted = [volume for volume in _SERVICES[name].get("volumes", ()) if volume.startswith(".")]
    assert [volume for volume in mounted if not volume.endswith(":ro")] == []


def test_there_may_be_several_workers() -> None:
    """A fixed name or a port of this machine can be had only once."""
    assert not {"container_name", "hostname", "ports"} & _SERVICES["worker"].keys()


def test_prometheus_asks_the_workers_where_they_answer() -> None:
    config = load_config(ROOT / "deploy" / "kameleoon-pipeline.yaml", environment_of("worker"))
    (job,) = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())["scrape_configs"]
    (found,) = job["dns_sd_configs"]
    assert config.admin.address == ("0.0.0.0", found["port"])  # noqa: S104 (inside the compose network)
    assert found["names"] == ["worker"]


def test_grafana_has_no_secret_that_everybody_knows() -> None:
    environment = _SERVICES["grafana"]["environment"]
    assert environment["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"
    assert environment["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert [name for name in environment if "PASSWORD" in name or "SECRET" in name] == []


def test_the_image_runs_as_a_user_without_rights() -> None:
    users = re.findall(r"^USER (\d+)$", _DOCKERFILE, re.MULTILINE)
    assert users
    assert int(users[-1]) > 0


def test_the_image_says_what_the_package_says() -> None:
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', _DOCKERFILE))
    defaults = dict(re.findall(r"^ARG (\w+)=(.*)$", _DOCKERFILE, re.MULTILINE))
    said = {name: defaults.get(text.removeprefix("$"), text) for name, text in labels.items()}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert said == {
        "title": project["name"],
        "description": project["description"],
        "version": project["version"],
        "licenses": project["license"],
        "source": project.get("urls", {}).get("source", ""),
        "revision": "",
    }


def test_nothing_but_public_tags_is_asked_for() -> None:
    """No digest and no frontend image: a machine with its own images can build and run both files."""
    images = [service["image"] for service in _SERVICES.values()]
    assert [name for name in images if "@" in name] == []
    assert not re.search(r"^# *syntax|@sha256", _DOCKERFILE, re.MULTILINE)


def test_tests_and_compose_run_the_same_images() -> None:
    made = (ROOT / "tests/compose/images/make").read_text()
    assert _SERVICES["kafka"]["image"] == IMAGE
    for name in ("kafka", "prometheus", "grafana"):
        assert f"{name}_image={_SERVICES[name]['image']}\n" in made
