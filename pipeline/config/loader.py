"""Reads one file: text → nodes → data → sections → laws → plan, all mistakes in one go."""

from collections.abc import Mapping as Environment
from pathlib import Path
from typing import Any, Final

from pipeline.config import DEFAULT_FILE, laws
from pipeline.config.admin import Admin
from pipeline.config.delivery import Audit, Delivery
from pipeline.config.json_values import json_value
from pipeline.config.kafka import Kafka
from pipeline.config.mapping_tests import JSON_KEYS, make_tests
from pipeline.config.mappings import Decode
from pipeline.config.model import Config, Destination
from pipeline.config.planning import make_plan
from pipeline.config.problem import ConfigError, ConfigFileError, Problem
from pipeline.config.report import Report
from pipeline.config.secrets import read_secrets
from pipeline.config.syntax import EMPTY_HINT, parse
from pipeline.config.tracing import Tracing
from pipeline.config.tree import Tree, value_at
from pipeline.config.validation import Validation

MOST_BYTES: Final = 1024 * 1024
"""Of a configuration; many anchors and aliases are bounded by the nodes that come of them."""


def load_config(path: str | Path, environment: Environment[str, str]) -> Config:
    """The configuration in a file.

    Raises ConfigFileError when the file cannot be read, ConfigError with every mistake in it.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        message = f"the file cannot be read: {_why(error)}"
        raise ConfigFileError([Problem(str(path), 0, 0, "", message, _hint(error))]) from error
    if len(content) > MOST_BYTES:
        hint = "a configuration has a few kilobytes: name the right file"
        raise ConfigError([Problem(str(path), 0, 0, "", "the file is longer than 1 MiB", hint)])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        problem = Problem(str(path), line, column, "", "this byte is not UTF-8", "save the file as UTF-8")
        raise ConfigError([problem]) from error
    return parse_config(text, environment, file=str(path), folder=Path(path).parent)


def _hint(error: OSError | ValueError) -> str:
    return EMPTY_HINT if isinstance(error, FileNotFoundError) else "name a file that this user may read"


def _why(error: OSError | ValueError) -> str:
    reason = error.strerror if isinstance(error, OSError) else "no file can have this name"
    return (reason or "unknown reason").lower()


def parse_config(
    text: str, environment: Environment[str, str], *, file: str = DEFAULT_FILE, folder: Path | None = None
) -> Config:
    """The configuration in a text; `file` names it in messages, `folder` is where relative paths start.

    Raises ConfigError with every mistake.
    """
    report = Report(file)
    data = _read(text, environment, report)
    config = _build(data, folder or Path(), report) if data is not None else None
    if config is None:
        raise ConfigError(report.problems)
    return config


def _read(text: str, environment: Environment[str, str], report: Report) -> dict[str, Any] | None:
    node = parse(text, report)
    data = Tree(text, environment, report).build(node) if node is not None else None
    if node is not None and not isinstance(data, dict):
        report.error((), "the file holds no keys", EMPTY_HINT)
        return None
    return data


def _build(data: dict[str, Any], folder: Path, report: Report) -> Config | None:
    read_secrets(data, folder, report)
    _type_fields(data, report)
    _type_tests(data, report)
    validation = Validation(data, folder, report)
    validation.unknown_sections()
    destination = validation.section(Destination, "destination")
    kafka = validation.section(Kafka, "kafka")
    decode = validation.section(Decode, "decode")
    mappings = validation.mappings()
    entries = validation.tests()
    delivery = validation.section(Delivery, "delivery")
    audit = validation.section(Audit, "audit")
    admin = validation.section(Admin, "admin")
    tracing = validation.section(Tracing, "tracing")
    max_body_bytes = delivery.max_body_bytes if delivery else None
    plan = make_plan(mappings, decode, max_body_bytes, data, report) if decode else None
    tests = make_tests(entries, plan, folder, data, report) if plan else ()
    if not (destination and kafka and decode and delivery and audit and admin and tracing):
        return None
    _check(destination, kafka, delivery, audit, report)
    laws.check_tracing(tracing, report)
    if plan is None or report.has_errors:
        return None
    return Config(
        destination=destination,
        kafka=_named(kafka, destination),
        decode=decode,
        mappings=None if mappings is None else tuple(entry for entry in mappings if entry is not None),
        delivery=delivery,
        audit=audit,
        admin=admin,
        tracing=tracing,
        plan=plan,
        file=report.file,
        tests=tests,
        warnings=report.problems,
    )


def _type_fields(data: dict[str, Any], report: Report) -> None:
    mappings = data.get("mappings")
    for index, mapping in enumerate(mappings if isinstance(mappings, list) else ()):
        if isinstance(mapping, dict) and isinstance(mapping.get("fields"), dict):
            mapping["fields"] = json_value(mapping["fields"], ("mappings", index, "fields"), report)


def _type_tests(data: dict[str, Any], report: Report) -> None:
    tests = data.get("tests")
    for index in range(len(tests) if isinstance(tests, list) else 0):
        for path in (("tests", index, *keys) for keys in JSON_KEYS):
            around = value_at(data, path[:-1])
            if isinstance(around, dict) and isinstance(around.get(path[-1]), dict):
                around[path[-1]] = json_value(around[path[-1]], path, report)


def _check(destination: Destination, kafka: Kafka, delivery: Delivery, audit: Audit, report: Report) -> None:
    laws.check_destination(destination, report)
    laws.check_topics(kafka, report)
    laws.check_security(kafka, report)
    laws.check_delivery(kafka, delivery, report)
    laws.check_time_outs(kafka, delivery, audit, report)


def _named(kafka: Kafka, destination: Destination) -> Kafka:
    if kafka.group:
        return kafka
    return kafka.model_copy(update={"group": f"kameleoon-{destination.sitecode}"})
