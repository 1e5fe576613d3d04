import json
from dataclasses import fields
from pathlib import Path

import pytest

from pipeline.core.audit import AssignmentMarker, AuditEntry, AuditRecord, encode
from tests.support.audit_entries import assignment_marker, audit_record
from topics import CONTRACTS
from topics import generate as generator


def test_the_generated_schemas_are_those_of_the_classes() -> None:
    assert generator.main(["--check"]) == 0


def test_a_stale_schema_is_told_and_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generator, "FOLDER", tmp_path)

    assert generator.main(["--check"]) == 1
    assert "delivery-audit.v1.json is stale" in capsys.readouterr().err
    assert generator.main([]) == 0
    assert generator.main(["--check"]) == 0


def test_a_schema_requires_every_field_that_is_written() -> None:
    written: dict[str, AuditEntry] = {
        "delivery-audit.v1.json": audit_record(),
        "assignment.v1.json": assignment_marker(),
    }

    for file, text in generator.generated().items():
        assert set(json.loads(text)["required"]) == set(json.loads(encode(written[file])))


def test_the_contract_tells_the_meaning_of_every_field() -> None:
    known = {
        field.name.removesuffix("_") for model in (AuditRecord, AssignmentMarker) for field in fields(model)
    }

    assert set(CONTRACTS["audit"].fields) == known
