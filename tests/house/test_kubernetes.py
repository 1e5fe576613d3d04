"""The manifests for Kubernetes: what they promise without a cluster."""

from pathlib import Path
from typing import Any, Final

import kubernetes_validate
import pytest
import yaml

from pipeline.config.loader import parse_config
from tests.support.tree import ROOT

_FOLDER: Final = ROOT / "deploy" / "kubernetes"
_FOUND: dict[str, list[dict[str, Any]]] = {
    path.name: list(yaml.safe_load_all(path.read_text())) for path in sorted(_FOLDER.iterdir())
}
_BY_KIND: dict[str, dict[str, Any]] = {
    each["kind"]: each for documents in _FOUND.values() for each in documents
}
_PODS = [_BY_KIND[kind]["spec"]["template"]["spec"] for kind in ("Deployment", "Job")]
_WORKER = _PODS[0]
_CONFIGURATION: str = _BY_KIND["ConfigMap"]["data"]["kameleoon-pipeline.yaml"]
_KEY_FILE = "/etc/kameleoon/secret/api-key"


@pytest.fixture
def configuration(tmp_path: Path) -> str:
    """What the pods read, with the key as the secret's volume shows it."""
    key = tmp_path / "api-key"
    key.write_text("eyJpZCI6InNhbmRib3gifQ==")
    assert _KEY_FILE in _CONFIGURATION
    return _CONFIGURATION.replace(_KEY_FILE, str(key))


@pytest.mark.parametrize("name", [name for name in _FOUND if name != "kustomization.yaml"])
@pytest.mark.parametrize("version", ["1.30", "1.34"])
def test_a_cluster_knows_every_key(name: str, version: str) -> None:
    for document in _FOUND[name]:
        kubernetes_validate.validate(document, version, strict=True)


def test_the_configuration_loads_and_a_pod_has_time_to_drain(configuration: str) -> None:
    config = parse_config(configuration, {"KAMELEOON_SITECODE": "sandbox123"}, file="configuration.yaml")
    assert config.warnings == ()
    assert _WORKER["terminationGracePeriodSeconds"] >= config.delivery.drain_s + 15
    assert config.kafka.group_instance_id is None


def test_the_probes_ask_the_pages_of_the_worker(configuration: str) -> None:
    config = parse_config(configuration, {"KAMELEOON_SITECODE": "sandbox123"}, file="configuration.yaml")
    (container,) = _WORKER["containers"]
    (port,) = container["ports"]
    assert config.admin.address == ("0.0.0.0", port["containerPort"])  # noqa: S104 (inside the pod)
    asked = {name: container[name]["httpGet"] for name in ("readinessProbe", "livenessProbe")}
    assert asked == {
        "readinessProbe": {"path": "/ready", "port": port["name"]},
        "livenessProbe": {"path": "/live", "port": port["name"]},
    }


@pytest.mark.parametrize("pod", _PODS)
def test_a_pod_can_do_little(pod: dict[str, Any]) -> None:
    (container,) = pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert f"USER {pod['securityContext']['runAsUser']}\n" in (ROOT / "Dockerfile").read_text()
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"]


@pytest.mark.parametrize("pod", _PODS)
def test_a_pod_mounts_what_it_reads_and_nothing_else(pod: dict[str, Any]) -> None:
    (container,) = pod["containers"]
    mounted = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounted.keys() == {volume["name"] for volume in pod["volumes"]}
    assert container["args"][-1] == mounted["configuration"]
    assert mounted["secret"] == str(Path(_KEY_FILE).parent)
    (secret,) = [volume["secret"] for volume in pod["volumes"] if "secret" in volume]
    assert secret["secretName"] == _BY_KIND["Secret"]["metadata"]["name"]
    assert secret["items"] == [{"key": "api-key", "path": Path(_KEY_FILE).name}]


def test_selectors_find_the_workers_and_not_the_job() -> None:
    deployment = _BY_KIND["Deployment"]["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    assert deployment["selector"]["matchLabels"] == labels
    assert _BY_KIND["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert _BY_KIND["Service"]["spec"]["selector"] == labels
    assert _BY_KIND["Job"]["metadata"]["labels"] != labels


def test_the_secret_is_an_example_and_is_not_applied() -> None:
    assert all(value.startswith("<") for value in _BY_KIND["Secret"]["stringData"].values())
    (kustomization,) = _FOUND["kustomization.yaml"]
    assert set(kustomization["resources"]) == _FOUND.keys() - {
        "kustomization.yaml",
        "secret.example.yaml",
        "topics.yaml",
    }
