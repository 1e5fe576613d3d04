"""Laws over the contract files."""

from collections import defaultdict
from pathlib import Path

import pytest
from pydantic import ValidationError

import topics
from pipeline.config.kafka import Topics
from pipeline.core.audit import Position, dead_letter_headers
from pipeline.core.dead_letter import Origin, Rank, replay_headers
from tests.support.audit_entries import AT, audit_record
from topics import CONTRACTS, Role, TopicContract, read_contract

FOLDER = Path(topics.__file__).parent
EVERY_CONTRACT = [pytest.param(contract, id=contract.name) for contract in CONTRACTS.values()]


def test_every_role_has_one_contract_in_a_file_of_its_name() -> None:
    files = {path.stem for path in FOLDER.glob("*.yaml")}

    assert set(CONTRACTS) == {"events", "audit", "dead_letters", "replays"}
    assert files == {contract.name for contract in CONTRACTS.values()}


@pytest.mark.parametrize("role", CONTRACTS)
def test_a_contract_bears_the_configurations_default_name(role: Role) -> None:
    assert CONTRACTS[role].name == getattr(Topics(), role)


def test_no_schema_is_an_orphan_and_none_is_missing() -> None:
    named = [schema.file for contract in CONTRACTS.values() for schema in contract.schemas]

    assert sorted(named) == sorted(path.name for path in (FOLDER / "schemas").iterdir())


def test_a_schema_file_is_named_after_its_name_and_version() -> None:
    for contract in CONTRACTS.values():
        for schema in contract.schemas:
            assert schema.file == f"{schema.name}.v{schema.version}.json"


def test_versions_are_contiguous_from_one() -> None:
    versions: dict[str, list[int]] = defaultdict(list)
    for contract in CONTRACTS.values():
        for schema in contract.schemas:
            versions[schema.name].append(schema.version)

    assert all(found == list(range(1, len(found) + 1)) for found in versions.values())


@pytest.mark.parametrize("contract", EVERY_CONTRACT)
def test_a_reference_to_another_topic_stands(contract: TopicContract) -> None:
    assert contract.partitions.same_as in {None, CONTRACTS["events"].name}


@pytest.mark.parametrize("contract", EVERY_CONTRACT)
def test_whatever_we_write_is_never_compacted(contract: TopicContract) -> None:
    must = contract.configuration["cleanup.policy"].must

    assert must == (None if contract.role == "events" else "not-compacted")


def test_the_dead_letter_contract_names_the_headers_that_are_written() -> None:
    """Those of a replay are the replay's own, kept."""
    origin = Origin("kameleoon-abcdefghij", "Track Calls", Position("segment-events", 3, 48210))
    again = dead_letter_headers(audit_record(), replay_headers(origin, Rank(1, 1), AT), at_source=True)

    assert {header.name for header in CONTRACTS["dead_letters"].headers} == {name for name, _ in again}


def test_the_replay_contract_names_the_headers_that_are_written() -> None:
    origin = Origin("kameleoon-abcdefghij", "Track Calls", Position("segment-events", 3, 48210))

    assert [header.name for header in CONTRACTS["replays"].headers] == [
        name for name, _ in replay_headers(origin, Rank(1, 1), AT)
    ]


@pytest.mark.parametrize("role", ["dead_letters", "replays"])
def test_a_schema_of_headers_holds_the_contracts_headers(role: Role) -> None:
    contract = CONTRACTS[role]
    schema = topics.schema(contract.schemas[0].file)

    assert list(schema["properties"]) == [header.name for header in contract.headers]
    assert schema["required"] == [header.name for header in contract.headers if header.required]


def test_an_unknown_key_in_a_contract_is_refused() -> None:
    text = (FOLDER / "kameleoon-audit.yaml").read_text("utf-8")

    with pytest.raises(ValidationError):
        read_contract(text + "retention: long\n")
