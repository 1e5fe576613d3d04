"""The image of the pipeline: what it says of itself."""

import json

import pytest
from packaging.utils import canonicalize_name

from tests.support.locks import pins
from tests.support.stack import Stack

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
