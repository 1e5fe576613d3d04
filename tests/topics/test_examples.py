"""Every example is judged twice: by its JSON Schema, and by the code that reads the topic."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import topics
from pipeline.core.audit import OutcomeKind, decode_audit
from pipeline.core.dead_letter import read_origin
from pipeline.core.decode import Framing, decode
from pipeline.core.outcome import Reason
from topics import CONTRACTS, TopicContract

FOLDER = Path(topics.__file__).parent / "examples"
BY_NAME = {contract.name: contract for contract in CONTRACTS.values()}
STORIES = sorted(FOLDER.rglob("*.json"))
EVERY_STORY = [pytest.param(path, id=str(path.relative_to(FOLDER))) for path in STORIES]


def _schemas_take(contract: TopicContract, example: Any) -> bool:
    validators = [Draft202012Validator(topics.schema(schema.file)) for schema in contract.schemas]
    judged = example["headers"] if contract.examples == "record" else example
    return any(validator.is_valid(judged) for validator in validators)


def _code_takes(contract: TopicContract, example: Any) -> bool:
    match contract.role:
        case "events":
            return isinstance(decode(json.dumps(example).encode(), Framing.NONE), dict)
        case "audit":
            return decode_audit(json.dumps(example).encode()) is not None
        case _:
            headers = tuple((name, text.encode()) for name, text in example["headers"].items())
            return read_origin(headers) is not None


@pytest.mark.parametrize("path", EVERY_STORY)
def test_schema_and_code_agree_on_an_example(path: Path) -> None:
    contract, example = BY_NAME[path.parts[-3]], json.loads(path.read_bytes())
    is_valid = path.parts[-2] == "valid"

    assert (_schemas_take(contract, example), _code_takes(contract, example)) == (is_valid, is_valid)


def test_no_example_is_an_orphan() -> None:
    shelves = {path.parent for path in FOLDER.rglob("*") if path.is_file()}

    assert shelves == {FOLDER / name / kind for name in BY_NAME for kind in ("valid", "invalid")}
    assert {path.suffix for path in FOLDER.rglob("*") if path.is_file()} == {".json"}


def _valid(name: str) -> list[Any]:
    return [json.loads(path.read_bytes()) for path in sorted((FOLDER / name / "valid").iterdir())]


def test_the_events_topic_has_an_example_of_each_type() -> None:
    types = topics.schema("segment-event.v1.json")["properties"]["type"]["enum"]

    assert {event["type"] for event in _valid("segment-events")} == set(types)


def test_the_audit_topic_has_an_example_of_each_outcome_and_of_the_marker() -> None:
    entries = _valid("kameleoon-audit")

    assert {entry["outcome"] for entry in entries if "outcome" in entry} == set(OutcomeKind)
    assert any(entry["schema"] == "assignment/1" for entry in entries)


def test_examples_use_the_reason_codes_that_exist() -> None:
    reserved = {"added_later"}
    used = {entry["reason"] for entry in _valid("kameleoon-audit") if "reason" in entry}
    used |= {record["headers"]["reason"] for record in _valid("kameleoon-dead-letters")}

    assert used - reserved <= set(Reason)


@pytest.mark.parametrize("schema", [schema for contract in CONTRACTS.values() for schema in contract.schemas])
def test_a_schema_is_a_schema(schema: topics.Schema) -> None:
    Draft202012Validator.check_schema(topics.schema(schema.file))
