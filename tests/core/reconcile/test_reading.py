"""Two readers of one contract: the one of the books agrees with the worker's on every valid value."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import topics
from pipeline.core.audit import AuditRecord, OutcomeKind, Position, decode_audit, encode
from pipeline.core.reconcile.reading import Told, TookOver, read_entry
from tests.support.audit_entries import assignment_marker, audit_record

EXAMPLES = sorted((Path(topics.__file__).parent / "examples" / "kameleoon-audit" / "valid").glob("*.json"))


def as_the_worker_reads(value: bytes) -> tuple[Any, ...]:
    entry = decode_audit(value)
    assert entry is not None
    source = entry.source
    standing = (entry.pipeline, source.topic, source.partition)
    if isinstance(entry, AuditRecord):
        return (
            *standing,
            entry.source.offset,
            entry.pass_,
            entry.epoch,
            entry.mapping,
            entry.part,
            entry.parts,
        )
    return (*standing, entry.position, entry.pass_, entry.epoch)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_of_the_contract_are_read_alike(path: Path) -> None:
    found = read_entry(path.read_bytes())
    assert found is not None
    assert tuple(found)[:9] == as_the_worker_reads(path.read_bytes())


def test_a_lost_range_is_read_with_its_end() -> None:
    value = json.loads(encode(audit_record(outcome=OutcomeKind.LOST)))
    alone = read_entry(json.dumps(value).encode())
    ranged = read_entry(json.dumps({**value, "lost_through": 99}).encode())
    assert isinstance(alone, Told)
    assert isinstance(ranged, Told)
    assert (alone.lost_through, ranged.lost_through) == (7, 99)


def test_a_replay_names_where_the_event_first_stood() -> None:
    found = read_entry(encode(audit_record(replay_of=Position("segment-events", 3, 8))))
    assert isinstance(found, Told)
    assert found.replay_of == ("segment-events", 3)


def test_a_marker_names_where_its_worker_reads_from() -> None:
    found = read_entry(encode(assignment_marker(position=42)))
    assert isinstance(found, TookOver)
    assert found.position == 42


WRONG: list[dict[str, Any]] = [
    {"schema": "delivery-audit/2"},
    {"part": "1"},
    {"part": True},
    {"pass": 1.0},
    {"mapping": 3},
    {"pipeline": None},
    {"source": None},
    {"source": {"topic": "t", "partition": 0}},
    {"source": {"topic": 1, "partition": 0, "offset": 0}},
    {"replay_of": 5},
    {"replay_of": {"topic": "t", "partition": []}},
]


@pytest.mark.parametrize("change", WRONG, ids=str)
def test_what_is_not_whole_is_foreign(change: dict[str, Any]) -> None:
    value = json.loads(encode(audit_record()))
    assert read_entry(json.dumps({**value, **change}).encode()) is None


def test_a_marker_without_its_position_is_foreign() -> None:
    value = json.loads(encode(assignment_marker()))
    del value["position"]
    assert read_entry(json.dumps(value).encode()) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FIELDS = ["schema", "source", "mapping", "part", "parts", "pass", "epoch", "pipeline", "outcome", "replay_of"]


@given(st.sampled_from(FIELDS), JSON, st.sampled_from([audit_record(), assignment_marker()]))
def test_no_value_makes_it_raise(field: str, change: Any, entry: Any) -> None:
    value = json.loads(encode(entry))
    read_entry(json.dumps({**value, field: change}).encode())


@given(st.binary(max_size=50) | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_make_it_raise(value: bytes) -> None:
    read_entry(value)
