"""The two examples, the JSON Schema and the page: they load, cover every key, and follow the models."""

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic_core import PydanticUndefined

from pipeline.config.document import document
from pipeline.config.examples import example
from pipeline.config.keys import fields_of, known_paths, sections_in
from pipeline.config.loader import load_config, parse_config
from pipeline.config.mapping_tests import JSON_KEYS
from pipeline.config.mappings import OwnMapping, PresetMapping
from pipeline.config.model import Config, File
from pipeline.config.problem import ConfigError
from pipeline.config.schema import COMMITTED, json_schema, schema_text
from pipeline.config.section import Section
from pipeline.core.actions import PRESETS
from tests.support.configuration import ENVIRONMENT, MINIMAL, config
from tests.support.tree import ROOT

HOLDS_JSON = {("mappings", "fields"), *(("tests", *keys) for keys in JSON_KEYS)}
INSTEAD_OF = {
    ("destination", "api_key_file"),
    ("kafka", "security", "sasl", "password_file"),
    ("kafka", "security", "tls", "key_password"),
}
"""Keys that stand beside the one that the full example uses, as a comment."""


@pytest.fixture
def full(tmp_path: Path) -> Config:
    for name in ("tls/ca.pem", "tls/client.pem", "tls/client.key", "secrets/key-password"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("content\n")
    (tmp_path / "full.yaml").write_text(example("full"))
    return load_config(tmp_path / "full.yaml", ENVIRONMENT | {"KAFKA_PASSWORD": "secret"})


def test_the_minimal_example_loads_and_runs_the_four_presets() -> None:
    loaded = parse_config(example("minimal"), ENVIRONMENT)
    assert loaded.warnings == ()
    assert [mapping.definition.preset for mapping in loaded.plan.mappings] == list(PRESETS)


def test_the_minimal_example_is_all_defaults() -> None:
    loaded = parse_config(example("minimal"), ENVIRONMENT)
    shortest = config()
    assert (loaded.kafka, loaded.delivery, loaded.audit) == (
        shortest.kafka,
        shortest.delivery,
        shortest.audit,
    )


def test_what_the_minimal_example_comments_out_loads_too() -> None:
    text = example("minimal")
    commented = text[text.index("# mappings:") :]
    loaded = parse_config(text + re.sub(r"^# ?", "", commented, flags=re.MULTILINE), ENVIRONMENT)
    assert [mapping.name for mapping in loaded.plan.mappings] == ["Identify Calls", "Orders"]


def test_the_full_example_loads_without_a_warning(full: Config) -> None:
    assert full.warnings == ()


def written_paths(data: Any, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    if isinstance(data, list):
        return {inner for item in data for inner in written_paths(item, path)}
    if not isinstance(data, dict) or path in HOLDS_JSON:
        return set()
    found = {(*path, key) for key in data}
    return found.union(*(written_paths(value, (*path, key)) for key, value in data.items()))


def test_the_full_example_sets_every_key() -> None:
    written = {
        tuple(part for part in path if part != "array")
        for path in written_paths(yaml.safe_load(example("full")))
    }
    assert set(known_paths(File)) - written == INSTEAD_OF


def defaults_left(section: Section) -> list[str]:
    """The attributes of a section, and of those inside it, that are at their default."""
    left = []
    for key, field in fields_of(type(section)):
        attribute = next(name for name, known in type(section).model_fields.items() if known is field)
        value = getattr(section, attribute)
        if isinstance(value, Section):
            left += [f"{key}.{inner}" for inner in defaults_left(value)]
        elif field.default is not PydanticUndefined and value == field.default:
            left.append(key)
    return left


def test_the_full_example_leaves_nothing_at_its_default(full: Config) -> None:
    assert defaults_left(full.destination) == ["api_key_file"]
    assert defaults_left(full.kafka) == ["security.sasl.password_file"]
    assert defaults_left(full.decode) == defaults_left(full.delivery) == defaults_left(full.audit) == []
    assert full.delivery.max_in_flight_events != 8 * full.delivery.concurrency
    mappings = full.mappings or ()
    assert {type(mapping) for mapping in mappings if defaults_left(mapping) == []} == {
        PresetMapping,
        OwnMapping,
    }


def test_the_committed_schema_is_the_generated_one() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == schema_text()


def test_the_committed_page_is_the_generated_one() -> None:
    assert (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8") == document()


def test_the_page_and_the_schema_name_every_key() -> None:
    page, schema = document(), schema_text()
    for path in known_paths(File):
        if len(path) > 1:
            assert f"| `{path[-1]}` |" in page
        assert f'"{path[-1]}": ' in schema


def test_every_key_is_described_and_has_an_example() -> None:
    for section in all_sections(File):
        for key, field in fields_of(section):
            assert field.description, key
            assert field.examples or sections_in(field.annotation), key


def all_sections(section: type[Section]) -> set[type[Section]]:
    inner = {found for _, field in fields_of(section) for found in sections_in(field.annotation)}
    return {section}.union(*(all_sections(found) for found in inner))


def test_the_schema_is_itself_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize(
    "text",
    [
        example("minimal"),
        example("full"),
        MINIMAL + "delivery: {wire: array, concurrency: '${N}', timeout: '${T:-5s}'}\n",
        MINIMAL.replace("api_key: ${KAMELEOON_API_KEY}", "api_key_file: /run/secrets/key"),
    ],
)
def test_the_schema_takes_what_loads(text: str) -> None:
    jsonschema.Draft202012Validator(json_schema()).validate(yaml.safe_load(text))


@pytest.mark.parametrize(
    "rest",
    [
        "delivery: {timeout: 10}",
        "delivery: {timeout: 10 s}",
        "delivery: {concurrency: 0}",
        "delivery: {concurency: 1}",
        "delivery: {wire: {array: {linger: 5}}}",
        "delivery: {wire: batch}",
        "decode: {framing: avro}",
        "mappings: [{preset: page-call}]",
        "mappings: [{name: A, trigger: x, action: page, fields: {nam: 1}}]",
        "mappings: [{name: A}]",
        "mappings: []",
        "audit: {timeout: 1 minute}",
        "tests: []",
    ],
)
def test_the_schema_refuses_what_does_not_load(rest: str) -> None:
    text = f"{MINIMAL}{rest}\n"
    assert not jsonschema.Draft202012Validator(json_schema()).is_valid(yaml.safe_load(text))
    with pytest.raises(ConfigError, match=r"kameleoon-pipeline\.yaml:6:"):
        parse_config(text, ENVIRONMENT)
