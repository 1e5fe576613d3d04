"""What documents show is what the pipeline takes: configurations load, records keep their contract."""

import json
from typing import Any

import pytest
import yaml

from pipeline.config.examples import example
from pipeline.config.loader import parse_config
from pipeline.config.schema import json_schema
from pipeline.core.audit_decode import decode_audit
from tests.support.documents import Block, blocks
from tests.support.tree import ROOT

_SECTIONS = set(json_schema()["properties"])
_NEEDED = {
    "destination": "destination: {api_key: '${KAMELEOON_API_KEY}', sitecode: '${KAMELEOON_SITECODE}'}\n",
    "kafka": "kafka: {bootstrap_servers: '${KAFKA_BOOTSTRAP_SERVERS}'}\n",
}
_ENVIRONMENT = {
    "KAMELEOON_API_KEY": "eyJpZCI6InNhbmRib3gifQ==",
    "KAMELEOON_SITECODE": "sandbox123",
    "KAFKA_BOOTSTRAP_SERVERS": "localhost:9092",
}


def _yaml(block: Block) -> Any:
    return yaml.safe_load(block.text)


def _is_configuration(block: Block) -> bool:
    found = _yaml(block)
    return isinstance(found, dict) and set(found) <= _SECTIONS


_YAML = blocks("yaml")
_EXAMPLES = {example("minimal"), example("full")}  # tests/config loads these, with the files that they name
_CONFIGURATIONS = [block for block in _YAML if _is_configuration(block) and block.text not in _EXAMPLES]


@pytest.mark.parametrize("block", _YAML, ids=str)
def test_yaml_can_be_read(block: Block) -> None:
    assert _yaml(block) is not None


@pytest.mark.parametrize("block", _CONFIGURATIONS, ids=str)
def test_a_configuration_loads(block: Block) -> None:
    added = "".join(text for name, text in _NEEDED.items() if name not in _yaml(block))
    config = parse_config(block.text + added, _ENVIRONMENT, file=str(block))
    assert config.warnings == ()


def test_configurations_are_found() -> None:
    assert len(_CONFIGURATIONS) >= 5


@pytest.mark.parametrize("block", blocks("json"), ids=str)
def test_json_can_be_read(block: Block) -> None:
    json.loads(block.text)


def test_the_audit_record_of_the_readme_keeps_the_contract() -> None:
    (shown,) = [block for block in blocks("json") if block.file == ROOT / "README.md"]
    assert decode_audit(shown.text.encode()) is not None
