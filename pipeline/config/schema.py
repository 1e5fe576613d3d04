"""The JSON Schema of the configuration, in the terms of the file: editors complete and check by it."""

import json
from importlib.resources import files
from typing import Any, Final

from pipeline.config.model import File
from pipeline.config.values import VARIABLE_PATTERN, written_duration, written_size
from pipeline.core.actions import ACTIONS, PRESETS

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
COMMITTED: Final = files("pipeline.config") / "schema.json"

_VARIABLE: Final = {"type": "string", "pattern": VARIABLE_PATTERN}
_TWINS: Final = {
    "Destination": ("api_key", "api_key_file"),
    "Sasl": ("password", "password_file"),
}
"""Sections in which exactly one of two keys must stand."""


def schema_text() -> str:
    """The schema as `schema.json` has it."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def json_schema() -> dict[str, Any]:
    """The schema, generated from the models."""
    generated = File.model_json_schema()
    definitions = {
        name: _object(name, definition) for name, definition in sorted(generated.pop("$defs").items())
    }
    top = _object("File", generated) | {"title": "kameleoon-pipeline configuration"}
    return {"$schema": DIALECT, **top, "$defs": definitions}


def _object(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    properties = {key: _property(value) for key, value in schema.get("properties", {}).items()}
    schema = {**schema, "properties": properties}
    if name in _TWINS:
        required = [key for key in schema["required"] if key not in _TWINS[name]]
        schema["required"] = required
        schema["oneOf"] = [{"required": [key]} for key in _TWINS[name]]
    return _with_names(name, schema)


def _with_names(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Names of presets, actions and fields, so that an editor offers them."""
    properties = schema["properties"]
    if name == "PresetMapping":
        properties["preset"] = _or_variable({**properties["preset"], "enum": list(PRESETS)})
    if name == "OwnMapping":
        properties["action"] = _or_variable({**properties["action"], "enum": list(ACTIONS)})
    if name in ("PresetMapping", "OwnMapping"):
        fields: dict[str, Any] = {}
        for action in ACTIONS.values():
            for field in action.fields:
                fields.setdefault(field.key, {"title": field.label})
        properties["fields"] = {**properties["fields"], "properties": fields, "additionalProperties": False}
    return schema


def _property(schema: dict[str, Any]) -> dict[str, Any]:
    schema = _without_null(dict(schema))
    default = schema.pop("x-default", None)
    if default is not None:
        schema.pop("default", None)
        schema["description"] += f" Default: {default}."
    if isinstance(schema.get("default"), float) and schema.get("type") == "string":
        schema["default"] = written_duration(schema["default"])
    elif "default" in schema and "anyOf" in schema and isinstance(schema["default"], int):
        schema["default"] = _as_written(schema["default"])
    return _or_variable(schema) if "enum" in schema or schema.get("type") == "integer" else schema


def _as_written(default: int) -> str | int | bool:
    return default if isinstance(default, bool) else written_size(default)


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Without the alternative `null`: a key without a value is a key not written."""
    forms = [form for form in schema.get("anyOf", []) if form != {"type": "null"}]
    if len(forms) == len(schema.get("anyOf", [])):
        return schema
    del schema["anyOf"]
    if schema.get("default", ...) is None:
        del schema["default"]
    return {**(_limits(forms[0]) if len(forms) == 1 else {"anyOf": forms}), **schema}


def _limits(form: dict[str, Any]) -> dict[str, Any]:
    """Limits in the words of JSON Schema; a text has none."""
    words = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
    if form.get("type") == "string":
        return {key: value for key, value in form.items() if key not in words}
    return {words.get(key, key): value for key, value in form.items()}


def _or_variable(schema: dict[str, Any]) -> dict[str, Any]:
    about: dict[str, Any] = {
        key: schema[key] for key in ("title", "description", "default", "examples") if key in schema
    }
    form = {key: value for key, value in schema.items() if key not in about}
    return {**about, "anyOf": [form, _VARIABLE]}
