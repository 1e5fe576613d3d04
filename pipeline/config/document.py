"""The page `docs/configuration.md`, generated from the models: every key and its meaning."""

import json
from collections.abc import Iterator
from typing import Any, Final, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le
from pydantic.fields import FieldInfo

from pipeline.config.delivery import WIRE_KIND
from pipeline.config.examples import example
from pipeline.config.keys import fields_of, kind_of, sections_in
from pipeline.config.model import File
from pipeline.config.problem import Path, key_path
from pipeline.config.section import Section
from pipeline.config.values import written_duration, written_size

_INTRODUCTION: Final = """\
# Configuration

One YAML file, `kameleoon-pipeline.yaml` unless the command is told another. `kameleoon-pipeline
init` writes a first one; `kameleoon-pipeline check` tells every mistake in it with file, line,
column, key and what to write instead; `kameleoon-pipeline check --schema` prints a JSON Schema by
which editors complete and check it.

* **Variables.** `${NAME}` stands for a variable of the environment, `${NAME:-default}` for one that
  may be unset or empty, `$${` for `${` itself. They may stand inside any value. A variable that is
  not set is a mistake.
* **Secrets** come from a variable, or from a file named by the key that ends in `_file`; the line
  end after a secret in a file is not part of it. A secret written in the file itself works and is
  warned of.
* **Durations** carry their unit: `500ms`, `10s`, `2m`, `1h`, `7d`. **Sizes** are bytes, or carry a
  unit: `64KiB` is 65536 bytes, `64kB` is 64000.
* **Text** is taken as it is written: `0123456789` and `on` need no quotes. Under `fields` of a
  mapping values are JSON: `5` is a number there and `"5"` is text.
* **Unknown keys** and keys written twice are mistakes. A key with nothing behind it counts as not
  written.
* **Time limits** must fit together, or a worker could not finish what is under way when its
  partitions move: `delivery.timeout + audit.timeout ≤ delivery.drain < kafka.rebalance_timeout -
  5s`. A container's stop grace period must be longer than `delivery.drain`.

This page is generated from the models that read the file.
"""
_HEAD: Final = "| key | type | default | meaning | example |\n|---|---|---|---|---|\n"
_NAMED: Final = {
    "PresetMapping": "an entry with a preset",
    "OwnMapping": "an entry with a trigger of its own",
}


def document() -> str:
    """The text of the page."""
    sections = "\n".join(
        part for key, field in fields_of(File) for part in _parts((key,), field, _kept(field.description))
    )
    return f"{_INTRODUCTION}\n{sections}\n{_example('minimal')}\n{_example('full')}"


def _example(name: Literal["minimal", "full"]) -> str:
    title = {"minimal": "What `init` writes", "full": "Every key"}[name]
    return f"## {title}\n\n```yaml\n{example(name)}```\n"


def _kept(text: str | None) -> str:
    return text or ""


def _parts(path: Path, field: FieldInfo, meaning: str) -> Iterator[str]:
    """The heading and table of each section in a field, then those of the sections inside it."""
    sections = [section for section in sections_in(field.annotation) if section.model_fields]
    title = f"{'#' * min(len(path) + 1, 4)} {key_path(path)}\n\n{meaning}\n"
    if len(sections) != 1:
        yield title
    for section in sections:
        named = _NAMED.get(section.__name__)
        yield f"{title if named is None else f'### {key_path(path)}: {named}' + chr(10)}\n{_table(section)}"
        for key, inner in fields_of(section):
            inside = (*path, key, "array") if kind_of(inner) == WIRE_KIND else (*path, key)
            if sections_in(inner.annotation):
                yield from _parts(inside, inner, _kept(inner.description))


def _table(section: type[Section]) -> str:
    return _HEAD + "".join(_row(key, field) for key, field in fields_of(section))


def _row(key: str, field: FieldInfo) -> str:
    cells = (f"`{key}`", _type(field), _default(field), _kept(field.description), _examples(field))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _type(field: FieldInfo) -> str:
    kind = kind_of(field)
    if not kind and sections_in(field.annotation):
        return "keys of its own, see below"
    return (kind or _choices(field.annotation)) + _bounds(field, kind)


def _choices(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{choice}`" for choice in get_args(annotation))
    return next((text for part in get_args(annotation) if (text := _choices(part))), "")


def _bounds(field: FieldInfo, kind: str) -> str:
    lowest = next((entry.ge for entry in field.metadata if isinstance(entry, Ge)), None)
    above = next((entry.gt for entry in field.metadata if isinstance(entry, Gt)), None)
    highest = next((entry.le for entry in field.metadata if isinstance(entry, Le)), None)
    if lowest is not None and highest is not None:
        return f", {_written(lowest, kind)} to {_written(highest, kind)}"
    return f", more than {_written(above, kind)}" if above is not None else ""


def _default(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    if isinstance(extra, dict) and "x-default" in extra:
        return f"`{extra['x-default']}`" if "`" not in str(extra["x-default"]) else str(extra["x-default"])
    if field.is_required():
        return "required"
    if field.default_factory is not None or field.default is None:
        return "-"
    return f"`{_written(field.default, kind_of(field))}`"


def _examples(field: FieldInfo) -> str:
    return ", ".join(
        f"`{value if isinstance(value, str) else json.dumps(value)}`" for value in field.examples or []
    )


def _written(value: Any, kind: str) -> str:
    if kind == "duration":
        return written_duration(value)
    if kind == "size":
        return written_size(value)
    return json.dumps(value) if isinstance(value, bool) else str(value)
