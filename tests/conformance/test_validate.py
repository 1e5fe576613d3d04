"""Stage validate against the recorded outputs of the reference."""

from typing import Any

from pipeline.core.javascript import UNDEFINED
from pipeline.core.validate import Condition, Field, FieldType, Invalid, Operator, RequiredWhen, Valid
from pipeline.core.validate.empties import without_empties
from pipeline.core.validate.validator import check_present, compile_fields
from tests.support.reference_vectors import Vector, compare, revived


def test_every_vector_is_equal_or_listed() -> None:
    compare("validate", _difference)


def _difference(vector: Vector) -> str | None:
    given = vector.input
    validator = compile_fields(_fields(given["fields"]))
    payload = revived(given["payload"])
    if given.get("isRoot", True):
        said = validator.validate(payload)
    else:
        said = check_present(without_empties(payload, validator.schema, is_root=False), validator.schema)
    ours = _as_recorded(said)
    expected = _without_name(vector.output)
    return None if _typed(ours) == _typed(expected) else f"ours {ours}, the reference {expected}"


def _typed(value: Any) -> Any:
    """JSON equality: true is not 1, while 5.0 is 5; the order of keys counts."""
    if isinstance(value, dict):
        return [(key, _typed(member)) for key, member in value.items()]
    if isinstance(value, list):
        return [_typed(item) for item in value]
    return (isinstance(value, bool), value)


def _as_recorded(said: Valid | Invalid) -> dict[str, Any]:
    if isinstance(said, Valid):
        return {"ok": True, "payload": said.payload}
    problems = [
        {"path": found.path, "pointer": found.pointer, "message": found.message} for found in said.problems
    ]
    return {"ok": False, "error": {"message": said.message, "errors": problems}}


def _without_name(output: dict[str, Any]) -> dict[str, Any]:
    if output["ok"]:
        return {"ok": True, "payload": revived(output["payload"])}
    error = dict(output["error"])
    assert error.pop("name") == "AggregateAjvError"
    return {"ok": False, "error": error}


def _fields(definitions: dict[str, Any]) -> tuple[Field, ...]:
    return tuple(_field(key, definition) for key, definition in definitions.items())


def _field(key: str, definition: dict[str, Any]) -> Field:
    rest = {name: value for name, value in definition.items() if name != "description"}
    choices = rest.pop("choices", [])
    properties = rest.pop("properties", None)
    return Field(
        key=key,
        label=rest.pop("label"),
        type=FieldType(rest.pop("type")),
        required=_requirement(rest.pop("required", False)),
        format=rest.pop("format", None),
        choices=tuple(choice["value"] if isinstance(choice, dict) else choice for choice in choices),
        allow_null=rest.pop("allowNull", False),
        multiple=rest.pop("multiple", False),
        minimum=rest.pop("minimum", None),
        maximum=rest.pop("maximum", None),
        properties=None if properties is None else _fields(properties),
        additional_properties=_nothing_else(rest, rest.pop("additionalProperties", False)),
    )


def _nothing_else(rest: dict[str, Any], value: bool) -> bool:  # noqa: FBT001 (passed on as it is)
    assert not rest, f"a vector's field has more than is read here: {rest}"
    return value


def _requirement(required: Any) -> bool | RequiredWhen:
    if isinstance(required, bool):
        return required
    conditions = tuple(
        Condition(found["fieldKey"], Operator(found["operator"]), found.get("value", UNDEFINED))
        for found in required["conditions"]
    )
    return RequiredWhen(conditions, is_any_enough=required.get("match") == "any")
