"""The first steps of validation: what counts as absent, and lists made of single values."""

from pipeline.core.event import Json
from pipeline.core.javascript import UNDEFINED, Undefined
from pipeline.core.validate.schema import Properties, Schema

Value = Json | Undefined


def without_empties(value: Value, schema: Schema, *, is_root: bool) -> Value:
    """The value without its empty parts; UNDEFINED if nothing is left (reference: 3.2).

    null goes unless its schema allows null, "" unless its schema allows a string; at the
    root "" goes from every member. Unconstrained objects are not looked into.
    """
    if isinstance(value, list):
        return value if schema.items is None else _kept_items(value, schema.items)
    if isinstance(value, dict):
        if schema.properties is None:
            return value
        return _kept_members(value, schema.properties, is_root=is_root)
    if value is None:
        return None if "null" in schema.types else UNDEFINED
    if value == "":
        return value if "string" in schema.types else UNDEFINED
    return value


def _kept_items(items: list[Json], schema: Schema) -> list[Json]:
    kept = (without_empties(item, schema, is_root=False) for item in items)
    return [item for item in kept if item is not UNDEFINED]


def _kept_members(members: dict[str, Json], properties: Properties, *, is_root: bool) -> dict[str, Json]:
    kept = {}
    for key, member in members.items():
        if is_root and member == "":
            continue
        schema = properties.get(key)
        left = member if schema is None else without_empties(member, schema, is_root=False)
        if left is not UNDEFINED:
            kept[key] = left
    return kept


def with_lists(payload: Value, root: Schema) -> Value:
    """The payload with a list made of each single value that is to be a list (reference: 3.3)."""
    if not isinstance(payload, dict) or root.properties is None:
        return payload
    return {key: _listed(member, root.properties.get(key)) for key, member in payload.items()}


def _listed(member: Json, schema: Schema | None) -> Json:
    is_single = schema is not None and "array" in schema.types and not isinstance(member, list)
    return [member] if is_single and member is not None else member
