"""Write the JSON Schemas of what the pipeline publishes: `python -m topics.generate [--check]`.

They come from the dataclasses that are written, with the meanings that the contract gives.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from pipeline.core.audit import AssignmentMarker, AuditRecord
from topics import CONTRACTS

FOLDER: Final = Path(__file__).parent / "schemas"
_MODELS: Final[dict[str, type]] = {"delivery-audit": AuditRecord, "assignment": AssignmentMarker}


def generated() -> dict[str, str]:
    """The text of each generated schema by its file name."""
    return {
        schema.file: _text(_MODELS[schema.name], f"{schema.name} v{schema.version}", contract.fields)
        for contract in CONTRACTS.values()
        for schema in contract.schemas
        if schema.source == "generated"
    }


def _text(model: type, title: str, meanings: dict[str, str]) -> str:
    found = TypeAdapter(model).json_schema(mode="serialization")
    properties = {_written(name): shape for name, shape in found["properties"].items()}
    found["properties"] = {name: _told(shape, meanings[name]) for name, shape in properties.items()}
    found["required"] = [name for name, shape in properties.items() if shape.get("default", "") is not None]
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(dialect | found | {"title": title}, indent=2, ensure_ascii=False) + "\n"


def _written(attribute: str) -> str:
    """`pass_` is `pass` in JSON: it is a word of the language."""
    return attribute.removesuffix("_")


def _told(shape: dict[str, Any], meaning: str) -> dict[str, Any]:
    kept = {key: value for key, value in shape.items() if key not in ("title", "default")}
    return {"description": meaning, **kept}


def main(arguments: list[str]) -> int:
    """Write the schemas; with `--check` only say which would change."""
    stale = [
        file
        for file, text in generated().items()
        if not (FOLDER / file).is_file() or (FOLDER / file).read_text("utf-8") != text
    ]
    if "--check" not in arguments:
        for file in stale:
            (FOLDER / file).write_text(generated()[file], "utf-8")
        return 0
    for file in stale:
        sys.stderr.write(f"topics/schemas/{file} is stale: run `python -m topics.generate`\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
