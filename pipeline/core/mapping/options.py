"""What may stand under an option of a directive."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from pipeline.core.event import Json
from pipeline.core.javascript import is_truthy, length
from pipeline.core.javascript_json import quoted
from pipeline.core.mapping.place import Place, kind_of, of_kind

Rule = Callable[[Json, Place], None]

_METADATA: Final = "_metadata"


@dataclass(frozen=True, slots=True)
class Option:
    """One option; `missing` is what the reference says of an object without it."""

    rule: Rule
    missing: str | None = None


def required(name: str, rule: Rule) -> Option:
    """An option that the reference itself asks for."""
    return Option(rule, f'should have field "{name}" but it doesn\'t')


def check_options(template: Json, place: Place, options: Mapping[str, Option]) -> bool:
    """Check an object of options; whether it was an object and all of them were there."""
    if kind_of(template) != "object":
        known = ", ".join(options)
        place.report(f"should be an object but it is {of_kind(template)}", f"write an object with: {known}")
        return False
    for key, value in template.items():
        if key in options:
            options[key].rule(value, place.under(key))
        elif key != _METADATA:
            near = get_close_matches(str(key), options, n=1) or [", ".join(options)]
            place.under(key).report(
                "is no option of this directive and would be ignored", f"known: {near[0]}"
            )
    missing = [option.missing for key, option in options.items() if option.missing and key not in template]
    for message in missing:
        place.report(message, "add it")
    return not missing


def any_value(template: Json, place: Place) -> None:
    """Any mapping value."""
    place.check_value(template, place)


def a_directive(template: Json, place: Place) -> None:
    """A directive: what depends on the event."""
    if kind_of(template) == "directive":
        place.check_value(template, place)
    else:
        place.report(
            "should be a mapping directive: a constant is the same for every event",
            'write {"@path": "$.field"} to test a field of the event',
        )


def text_or_directive(template: Json, place: Place) -> None:
    """A constant text, or a directive."""
    if kind_of(template) == "directive":
        place.check_value(template, place)
    elif not isinstance(template, str):
        place.report(
            f"should be a string or a mapping directive but it is {of_kind(template)}",
            'write a text or a directive such as {"@path": "$.field"}',
        )


def filled_text_or_directive(template: Json, place: Place) -> None:
    """The same; an empty text gives nothing at all in the reference."""
    if template == "":
        place.report("is empty, so the result would always be missing", 'write {"@path": "$.field"}')
    else:
        text_or_directive(template, place)


def truthy_value(message: str) -> Rule:
    """Any mapping value but one that the reference takes for missing."""

    def rule(template: Json, place: Place) -> None:
        if is_truthy(template):
            place.check_value(template, place)
        else:
            place.report(message, 'write a directive such as {"@path": "$.field"}')

    return rule


def object_or_directive(template: Json, place: Place) -> None:
    """An object of fields, or a directive."""
    if kind_of(template) in {"object", "directive"}:
        place.check_value(template, place)
    else:
        place.report(
            f"should be a object or a mapping directive but it is {of_kind(template)}",
            'write {field: value, …} or a directive such as {"@path": "$.field"}',
        )


def text(shortest: int = 0, longest: int | None = None) -> Rule:
    """A constant text, its length counted in UTF-16 units."""

    def rule(template: Json, place: Place) -> None:
        if not isinstance(template, str):
            place.report(f"should be a string but it is {of_kind(template)}", "write a constant text")
        elif length(template) < shortest:
            place.report(f"should be a string of length {shortest} or greater", "write the text")
        elif longest is not None and length(template) > longest:
            place.report(f"should be a string of length {longest} or less", "write a shorter text")

    return rule


def one_of(*allowed: str) -> Rule:
    """One of some words, in lower case."""

    def rule(template: Json, place: Place) -> None:
        words = " or ".join(f'"{word}"' for word in allowed)
        if not isinstance(template, str):
            place.report(f"should be a string but it is {of_kind(template)}", f"write {words}")
        elif template.lower() not in allowed:
            place.report(
                f"should be one of {', '.join(allowed)} but it is {quoted(template)}", f"write {words}"
            )
        elif template not in allowed:
            place.report("has capitals, which changes its meaning", f"write {words}")

    return rule


def boolean(template: Json, place: Place) -> None:
    """True or false, constant."""
    if not isinstance(template, bool):
        place.report(f"should be a boolean but it is {of_kind(template)}", "write true or false")
