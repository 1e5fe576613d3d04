"""A validator of payloads, compiled once from an action's fields."""

from collections.abc import Callable, Mapping
from typing import Final

from pipeline.core.event import Json
from pipeline.core.javascript import text
from pipeline.core.validate.checks import checked
from pipeline.core.validate.coercion import Value
from pipeline.core.validate.empties import with_lists, without_empties
from pipeline.core.validate.fields import DYNAMIC_AUTH_SETTINGS, Fields
from pipeline.core.validate.problems import Invalid, PayloadProblem, Valid
from pipeline.core.validate.schema import Schema, compile_root

_WITH_A_TEXT: Final = frozenset({int, float, bool})

FormatChecks = tuple[tuple[str, Callable[[str], bool]], ...]


class Validator:
    """Checks payloads against fields; made by `compile_fields`, shared freely.

    A payload of texts, numbers and booleans where texts are asked, and of objects where
    unconstrained objects are, takes a short way; every other takes the whole of the rules.
    Both give the same result.
    """

    __slots__ = ("_checks", "_is_plain", "_kinds", "_required", "schema")

    schema: Schema
    _kinds: dict[str, type]
    _checks: FormatChecks
    _required: tuple[str, ...]
    _is_plain: bool

    def __init__(self, schema: Schema) -> None:
        properties: Mapping[str, Schema] = schema.properties or {}
        kinds = {key: kind for key, member in properties.items() if (kind := _plain_kind(member))}
        self.schema = schema
        self._kinds = kinds
        self._checks = tuple(
            (key, member.format.holds) for key, member in properties.items() if member.format is not None
        )
        self._required = schema.required
        self._is_plain = not schema.conditions and len(kinds) == len(properties)

    def validate(self, payload: Value) -> Valid | Invalid:
        """The payload with empties removed and values coerced, or all its problems.

        Keys outside the fields are removed. The payload is never altered; values that
        nothing constrains are shared with it, not copied.
        """
        if self._is_plain and isinstance(payload, dict):
            kept = self._plainly_valid(payload)
            if kept is not None:
                return Valid(kept)
        present = without_empties(payload, self.schema, is_root=True)
        return check_present(present, self.schema)

    def _plainly_valid(self, payload: dict[str, Json]) -> dict[str, Json] | None:
        """The payload to keep, or None where only the whole rules can tell."""
        kinds = self._kinds
        kept: dict[str, Json] = {}
        for key, value in payload.items():
            kind = kinds.get(key)
            if type(value) is kind:
                if value or kind is dict:
                    kept[key] = value
            elif kind is str and type(value) in _WITH_A_TEXT:
                kept[key] = text(value)
            elif (kind is None and key == DYNAMIC_AUTH_SETTINGS) or (kind is not None and value is not None):
                return None
        for key, holds in self._checks:
            if key in kept and not holds(kept[key]):
                return None
        for key in self._required:
            if key not in kept:
                return None
        return kept


def compile_fields(fields: Fields) -> Validator:
    """A validator of these fields. Raises ValueError for an unknown format."""
    return Validator(compile_root(fields))


def check_present(present: Value, schema: Schema) -> Valid | Invalid:
    """The rules from coercion on, for a value whose empties are gone (reference: 3.3, 3.4)."""
    problems: list[PayloadProblem] = []
    result = checked(with_lists(present, schema), schema, (), problems)
    if problems or not isinstance(result, dict):
        return Invalid(tuple(problems))
    if isinstance(present, dict) and DYNAMIC_AUTH_SETTINGS in present:
        result[DYNAMIC_AUTH_SETTINGS] = present[DYNAMIC_AUTH_SETTINGS]
    return Valid(result)


def _plain_kind(schema: Schema) -> type | None:
    """The class, str or dict, whose values need no more than their format checked."""
    if schema.choices is not None or schema.minimum is not None or schema.maximum is not None:
        return None
    if schema.types == ("string",):
        return str
    return dict if schema.types == ("object",) and schema.properties is None else None
