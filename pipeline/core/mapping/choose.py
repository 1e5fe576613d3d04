"""The directives that choose: `@if`, `@excludeWhenNull`."""

from collections.abc import Callable

from pipeline.core.event import Json
from pipeline.core.javascript import UNDEFINED, is_number, is_truthy
from pipeline.core.mapping.node import Build, Node, Resolve, Value, clean

_ABSENT = clean(lambda _: UNDEFINED)


def compile_if(options: Json, build: Build) -> Node:
    """`@if`: `then` or `else`, by whether a value exists or is not blank."""
    if "exists" in options:
        tested, test = build.part(options["exists"], "exists"), exists
    else:
        tested, test = build.part(options["blank"], "blank"), is_filled
    then = build.part(options["then"], "then") if "then" in options else _ABSENT
    otherwise = build.part(options["else"], "else") if is_truthy(options.get("else")) else _ABSENT
    if _is_one_path(options) and tested.is_clean:
        raw, final = _first(tested.final, otherwise.raw), _first(tested.final, otherwise.final)
    else:
        raw = _branch(test, tested.final, then.raw, otherwise.raw)
        final = _branch(test, tested.final, then.final, otherwise.final)
    return Node(
        raw,
        final,
        is_clean=then.is_clean and otherwise.is_clean,
        is_whole=then.is_whole and otherwise.is_whole,
        is_defined=then.is_defined and otherwise.is_defined,
    )


def _is_one_path(options: Json) -> bool:
    """Whether the path that is asked about is the one that is taken: the commonest `@if` of all."""
    match options:
        case {"exists": {"@path": str(asked), **others}, "then": {"@path": str(taken), **more}}:
            return asked == taken and not others and not more
        case _:
            return False


def _first(first: Resolve, otherwise: Resolve) -> Resolve:
    """What exists of two; the second one is given as it is."""

    def resolve(payload: Value) -> Value:
        value = first(payload)
        return otherwise(payload) if value is None or value is UNDEFINED else value

    return resolve


def _branch(test: Callable[[Value], bool], tested: Resolve, then: Resolve, otherwise: Resolve) -> Resolve:
    if test is exists:

        def resolve(payload: Value) -> Value:
            value = tested(payload)
            return otherwise(payload) if value is None or value is UNDEFINED else then(payload)

        return resolve
    return lambda payload: then(payload) if test(tested(payload)) else otherwise(payload)


def exists(value: Value) -> bool:
    """Neither null nor undefined."""
    return value is not None and value is not UNDEFINED


def is_filled(value: Value) -> bool:
    """What the reference asks under the name `blank`: JavaScript's loose `value != ""`."""
    if isinstance(value, bool) or is_number(value):
        return value != 0
    while isinstance(value, list):
        if len(value) != 1:
            return bool(value)
        (value,) = value
    return exists(value) and value != ""


def compile_exclude_when_null(template: Json, build: Build) -> Node:
    """`@excludeWhenNull`: null becomes undefined, and null members of objects too."""
    part = build.part(template)

    def raw(payload: Value) -> Value:
        return without_nulls(build.weighed(part.raw(payload)), left_over=True)

    def final(payload: Value) -> Value:
        return without_nulls(build.weighed(part.final(payload)), left_over=False)

    return Node(raw, final, is_whole=part.is_whole)


def without_nulls(value: Value, *, left_over: bool) -> Value:
    """Without null members, through objects but not through lists.

    With `left_over` an undefined member stays in the place of each.
    """
    if value is None:
        return UNDEFINED
    if not isinstance(value, dict):
        return value
    top: dict[str, Json] = {}
    waiting = [(value, top)]
    while waiting:
        source, target = waiting.pop()
        for key, member in source.items():
            if isinstance(member, dict):
                inner: dict[str, Json] = {}
                target[key] = inner
                waiting.append((member, inner))
            elif member is not None:
                target[key] = member
            elif left_over:
                target[key] = UNDEFINED
    return top
