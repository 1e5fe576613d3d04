"""The rules of a schema, checked on a value that is coerced on the way.

The order of the problems is the reference's (3.4): of one object first conditions, then
required fields, then the fields in their order; of one value type, limits, format, choice.
"""

from pipeline.core.event import Json
from pipeline.core.javascript import UNDEFINED, length, number_text
from pipeline.core.validate.coercion import Value, coerced, type_of
from pipeline.core.validate.fields import Condition, Operator, RequiredWhen
from pipeline.core.validate.formats import format_name
from pipeline.core.validate.problems import PayloadProblem, ProblemCode, Trail, problem
from pipeline.core.validate.schema import Properties, Schema
from pipeline.core.validate.texts import choice_text, limit_text, type_text

Problems = list[PayloadProblem]


def checked(value: Value, schema: Schema, trail: Trail, problems: Problems) -> Value:
    """The value, coerced and stripped of undeclared keys; what is wrong is added to `problems`."""
    value, fits = coerced(value, schema.types)
    if not fits:
        says = type_text(schema.types, type_of(value))
        problems.append(problem(trail, schema.title, says, ProblemCode.TYPE))
    _check_limits(value, schema, trail, problems)
    _check_format(value, schema, trail, problems)
    _check_choice(value, schema, trail, problems)
    if isinstance(value, dict) and schema.properties is not None:
        return _checked_object(value, schema, schema.properties, trail, problems)
    if isinstance(value, list) and schema.items is not None:
        items = schema.items
        return [checked(item, items, (*trail, index), problems) for index, item in enumerate(value)]
    return value


def _checked_object(
    members: dict[str, Json], schema: Schema, properties: Properties, trail: Trail, problems: Problems
) -> dict[str, Json]:
    for key, rule in schema.conditions:
        if key not in members and _applies(rule, members):
            _report_missing(key, schema, trail, problems)
            says = 'must match "then" schema'
            problems.append(problem(trail, schema.title, says, ProblemCode.CONDITION, field=key))
    for key in schema.required:
        if key not in members:
            _report_missing(key, schema, trail, problems)
    results = {
        key: checked(members[key], member, (*trail, key), problems)
        for key, member in properties.items()
        if key in members
    }
    return {
        key: results.get(key, member)
        for key, member in members.items()
        if key in results or schema.keeps_additional
    }


def _report_missing(key: str, schema: Schema, trail: Trail, problems: Problems) -> None:
    says = f"is missing the required field '{key}'"
    problems.append(problem(trail, schema.title, says, ProblemCode.MISSING, field=key))


def _applies(rule: RequiredWhen, members: dict[str, Json]) -> bool:
    holds = (_holds(condition, members) for condition in rule.conditions)
    return any(holds) if rule.is_any_enough else all(holds)


def _holds(condition: Condition, members: dict[str, Json]) -> bool:
    expects_presence = condition.operator is Operator.IS_NOT
    if condition.value is UNDEFINED:
        return (condition.key in members) is expects_presence
    if condition.key not in members:
        return False
    return _is_same(members[condition.key], condition.value) is not expects_presence


def _check_limits(value: Value, schema: Schema, trail: Trail, problems: Problems) -> None:
    if schema.minimum is None and schema.maximum is None:
        return
    size: float
    says_size: int | None
    if isinstance(value, str):
        size, says_size = len(value), length(value)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        size, says_size = value, None
    else:
        return
    for limit, is_lower in ((schema.maximum, False), (schema.minimum, True)):
        if limit is not None and (size < limit if is_lower else size > limit):
            says = limit_text(number_text(limit), says_size, is_lower=is_lower)
            problems.append(problem(trail, schema.title, says, ProblemCode.LIMIT))


def _check_format(value: Value, schema: Schema, trail: Trail, problems: Problems) -> None:
    if schema.format is None or not isinstance(value, str) or schema.format.holds(value):
        return
    says = f"must be a valid {format_name(schema.format.name)} string but it was not"
    problems.append(problem(trail, schema.title, says, ProblemCode.FORMAT))


def _check_choice(value: Value, schema: Schema, trail: Trail, problems: Problems) -> None:
    if schema.choices is None or any(_is_same(value, choice) for choice in schema.choices):
        return
    problems.append(problem(trail, schema.title, choice_text(schema.choices), ProblemCode.CHOICE))


def _is_same(one: Value, other: Value) -> bool:
    """JSON equality: true is not 1."""
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)
