"""The static check of a mapping: every mistake at once, each with a JSON pointer.

What the reference refuses is refused here in its words (reference: 2.2). So is what it lets pass
and then misreads or fails on with every event (reference: 8.2), wherever it hides.
"""

from difflib import get_close_matches
from typing import Any, Final

from pipeline.core.event import Json
from pipeline.core.mapping.errors import MappingProblem
from pipeline.core.mapping.place import Place, kind_of, of_kind
from pipeline.core.mapping.root import ROOT_KEY
from pipeline.core.mapping.rules import RULES

_MAX_LEVELS: Final = 64
_LONGEST_BITS: Final = 14_284
_METADATA: Final = "_metadata"


def check_mapping(template: Json) -> tuple[MappingProblem, ...]:
    """Every mistake of a mapping, in the order in which they stand."""
    place = Place(found=[], check_value=check_value)
    if not isinstance(template, dict):
        place.report(f"should be an object but it is {of_kind(template)}", "write {field: value, …}")
    elif ROOT_KEY in template:
        _check_root_directive(template, place)
    else:
        check_value(template, place)
    return tuple(place.found)


def _check_root_directive(template: dict[str, Json], place: Place) -> None:
    others = {key: value for key, value in template.items() if key != ROOT_KEY}
    check_value(others, place)
    directive, place = template[ROOT_KEY], place.under(ROOT_KEY)
    hint = 'write {"@transform": {"apply": …}}: the other fields are its mapping'
    if not isinstance(directive, dict) or list(directive) != ["@transform"]:
        place.report("should be one @transform directive", hint)
    elif not isinstance(directive["@transform"], dict):
        place.report("The root directive must be an object", hint)
    elif "mapping" in directive["@transform"]:
        place.report("has a mapping, which the other fields would replace", hint)
    else:
        check_value({"@transform": {**directive["@transform"], "mapping": {}}}, place)


def check_value(template: Json, place: Place) -> None:
    """Anything that may stand in a mapping."""
    if place.level > _MAX_LEVELS:
        place.report(f"is nested more than {_MAX_LEVELS} levels deep", "take a level out")
        return
    match template:
        case dict():
            _check_object(template, place)
        case list():
            for index, item in enumerate(template):
                check_value(item, place.under(index))
        case None | str() | bool():
            pass
        case int() if template.bit_length() <= _LONGEST_BITS:
            pass
        case float() if template - template == 0:
            pass
        case _:
            place.report(
                "is not a JSON value", "write a text, a number, true, false, null, a list or an object"
            )


def _check_object(template: dict[Any, Json], place: Place) -> None:
    for key in template:
        if not isinstance(key, str):
            place.report("has a key that is not a text", "put the key in quotes")
            return
    if kind_of(template) == "directive":
        _check_directive(template, place)
        return
    for key, value in template.items():
        if key == "__proto__":
            place.under(key).report("cannot be a field: JavaScript drops it", "take it out")
        else:
            check_value(value, place.under(key))


def _check_directive(template: dict[str, Json], place: Place) -> None:
    names = [key for key in template if key.startswith("@")]
    others = [key for key in template if not key.startswith("@") and key != _METADATA]
    hint = "put a directive alone into an object: {" + f'"{names[0]}": …' + "}"
    if len(names) > 1:
        place.report(f"should only have one @-prefixed key but it has {len(names)} keys", hint)
    elif others:
        place.report(f"should only have one @-prefixed key but it has {len(template)} keys", hint)
    elif names[0] not in RULES:
        near = get_close_matches(names[0], RULES, n=1) or [", ".join(RULES)]
        place.report(f"has an invalid directive: {names[0]}", f"known: {near[0]}")
    else:
        RULES[names[0]](template[names[0]], place.under(names[0]))
