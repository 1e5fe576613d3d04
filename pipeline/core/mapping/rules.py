"""One rule a directive: what must stand under its name (reference: 2.2, 8.2)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pipeline.core.event import Json
from pipeline.core.mapping.liquid.check import check_liquid
from pipeline.core.mapping.options import (
    Option,
    Rule,
    a_directive,
    any_value,
    boolean,
    check_options,
    filled_text_or_directive,
    object_or_directive,
    one_of,
    required,
    text,
    text_or_directive,
    truthy_value,
)
from pipeline.core.mapping.place import Place, of_kind
from pipeline.core.mapping.placeholders import check_placeholders
from pipeline.core.mapping.root import ROOT_KEY

_LONGEST_PATTERN: Final = 10


def _check_template_text(template: Json, place: Place) -> None:
    text_or_directive(template, place)
    if isinstance(template, str):
        check_placeholders(template, place)


def _check_if(template: Json, place: Place) -> None:
    options = dict.fromkeys(("exists", "blank"), Option(a_directive)) | {
        "then": Option(any_value),
        "else": Option(_check_else),
    }
    if not check_options(template, place, options):
        return
    if "exists" not in template and "blank" not in template:
        place.report('@if requires an "exists" key or a "blank" key', 'add "exists": {"@path": "$.field"}')
    if "exists" in template and "blank" in template:
        place.report('has "exists" and "blank", and only "exists" would count', "take one out")
    if "then" not in template and "else" not in template:
        place.report('has neither "then" nor "else", so it never gives a value', 'add "then"')


def _check_else(template: Json, place: Place) -> None:
    if template is False or (template == 0 and isinstance(template, (int, float))):
        place.report("is 0 or false, which would be left out", 'write {"@literal": 0} or {"@literal": false}')
    else:
        place.check_value(template, place)


def _check_case(template: Json, place: Place) -> None:
    operator = Option(one_of("lower", "upper"), '@case requires a "operator" key')
    value = Option(filled_text_or_directive, 'has no "value", so it never gives a value')
    check_options(template, place, {"operator": operator, "value": value})


def _check_replace(template: Json, place: Place) -> None:
    short = text(0, _LONGEST_PATTERN)
    options = {
        "pattern": required("pattern", text(1, _LONGEST_PATTERN)),
        "replacement": Option(short),
        "pattern2": Option(short),
        "replacement2": Option(short),
        "value": required("value", filled_text_or_directive),
        "ignorecase": Option(boolean),
        "global": Option(boolean),
    }
    check_options(template, place, options)


def _check_array_path(template: Json, place: Place) -> None:
    hint = 'write ["$.items"] or ["$.items", {field: value, …}]'
    if not isinstance(template, list):
        place.report(f"should be an array but it is {of_kind(template)}", hint)
        return
    if not template:
        place.report("should be a string or a mapping directive but it is an undefined", hint)
        return
    text_or_directive(template[0], place.under(0))
    for index, ignored in enumerate(template[1:], start=1):
        if index == 1 and (isinstance(ignored, dict) or ignored is None):
            place.check_value(ignored, place.under(index))
        else:
            place.under(index).report("is no object and would be ignored", hint)


def _check_flatten(template: Json, place: Place) -> None:
    options = {
        "separator": Option(text(1), '@flatten requires a "separator" key'),
        "value": required("value", any_value),
        "omitArrays": Option(boolean),
    }
    check_options(template, place, options)


def _check_json(template: Json, place: Place) -> None:
    options = {
        "mode": required("mode", one_of("encode", "decode")),
        "value": required("value", truthy_value('@json requires a "value" key')),
    }
    check_options(template, place, options)


def _check_merge(template: Json, place: Place) -> None:
    options = {
        "direction": Option(_check_direction, '@merge requires a "direction" key'),
        "objects": required("objects", _check_objects),
    }
    check_options(template, place, options)


def _check_direction(template: Json, place: Place) -> None:
    is_right = isinstance(template, str) and template.lower() == "right"
    one_of("left", "right")("right" if is_right else template, place)


def _check_objects(template: Json, place: Place) -> None:
    if not isinstance(template, list):
        place.report(f"should be an array but it is {of_kind(template)}", "write a list of objects")
        return
    for index, each in enumerate(template):
        object_or_directive(each, place.under(index))


def _check_transform(template: Json, place: Place) -> None:
    options = {
        "apply": required("apply", _check_apply),
        "mapping": required("mapping", object_or_directive),
    }
    check_options(template, place, options)


def _check_apply(template: Json, place: Place) -> None:
    object_or_directive(template, place)
    if isinstance(template, dict) and ROOT_KEY in template:
        place.under(ROOT_KEY).report("stands at the root of a mapping only", "write the directive itself")


def _check_liquid(template: Json, place: Place) -> None:
    if not isinstance(template, str):
        place.report(f"should be a string but it is {of_kind(template)}", "write the template as one text")
        return
    mistake = check_liquid(template)
    if mistake:
        place.report(*mistake)


RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "@path": text_or_directive,
        "@template": _check_template_text,
        "@literal": any_value,
        "@if": _check_if,
        "@case": _check_case,
        "@replace": _check_replace,
        "@arrayPath": _check_array_path,
        "@flatten": _check_flatten,
        "@json": _check_json,
        "@merge": _check_merge,
        "@transform": _check_transform,
        "@excludeWhenNull": any_value,
        "@liquid": _check_liquid,
    }
)
