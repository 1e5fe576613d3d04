"""The image of the pipeline: what it says of itself."""

import json
import subprocess

import pytest
from packaging.utils import canonicalize_name

from tests.support.locks import pins
from tests.support.stack import Stack

_LARGEST_MB = 260

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1200)]


def test_its_list_of_parts_is_what_is_locked(stack: Stack) -> None:
    parts = json.loads(stack.in_image("cat", "/usr/share/sbom/kameleoon-pipeline.cdx.json"))
    assert (parts["bomFormat"], parts["specVersion"]) == ("CycloneDX", "1.6")
    assert parts["metadata"]["component"]["name"] == "kameleoon-pipeline"
    versions = {canonicalize_name(part["name"]): part["version"] for part in parts["components"]}
    assert pins("requirements.lock", on_every_system=True).items() <= versions.items()
    assert versions.items() - pins("requirements.lock").items() == {
        ("pip", versions[canonicalize_name("pip")])
    }


def test_it_is_small_beside_the_system_it_stands_on(stack: Stack) -> None:
    megabytes, _ = stack.in_image("du", "--summarize", "--block-size=M", "/opt/pipeline").split()
    assert int(megabytes.removesuffix("M")) < _LARGEST_MB


def test_its_health_check_finds_a_worker_alive(stack: Stack) -> None:
    shown = subprocess.run(
        ["docker", "image", "inspect", "kameleoon-pipeline"], check=True, capture_output=True, text=True
    ).stdout
    (image,) = json.loads(shown)
    kind, *command = image["Config"]["Healthcheck"]["Test"]
    assert kind == "CMD"
    stack.compose("exec", "--no-TTY", "worker", *command)
    with pytest.raises(AssertionError):
        stack.compose("exec", "--no-TTY", "sandbox", *command)
