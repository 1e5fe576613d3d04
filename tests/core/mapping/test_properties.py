"""Laws of every mapping and every event."""

import copy
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.mapping import MappingError, compile_mapping
from pipeline.core.mapping.directives import DIRECTIVES

_NAMES = st.sampled_from(
    ["a", "b", "1", "length", "$.a", "{{a}}", "{{{b}}}", "$.b[0]", "", "upper", "encode", "right"]
)
_TEXTS = _NAMES | st.text(max_size=6) | st.text("{}%|-\"' ab.:=[]#<>!", max_size=16)
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | _TEXTS
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=12,
)
_EVENTS = st.dictionaries(_NAMES, _JSON, max_size=5)
_OPTIONS = [
    "exists",
    "blank",
    "then",
    "else",
    "operator",
    "value",
    "pattern",
    "replacement",
    "pattern2",
    "ignorecase",
]
_OPTIONS += [
    "replacement2",
    "global",
    "separator",
    "omitArrays",
    "mode",
    "direction",
    "objects",
    "apply",
    "mapping",
]
_OPTIONS += ["_metadata", "__segment_internal_directive"]


def _around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    options = st.dictionaries(st.sampled_from(_OPTIONS), inner, max_size=4)
    directives = st.builds(
        lambda name, value: {name: value}, st.sampled_from(list(DIRECTIVES)), inner | options
    )
    return directives | st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3)


_ANYTHING = st.recursive(_SCALARS, _around, max_leaves=12)


def _text(*parts: str) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(parts), max_size=8).map("".join)


_PATHS = _text("$.", "a", "b", ".", "[0]", "['a']", "length", "1")
_LIQUID = _text(
    "{{ a }}",
    "{{ b.a | upcase | size }}",
    "{% if a == b %}",
    "{% else %}",
    "{% endif %}",
    " x ",
    "{% assign a = b | default: 1 %}",
    "{{- a | json -}}",
    "{% unless b contains a %}",
    "{% endunless %}",
    "{{ a | split: b | join | plus: 1 }}",
    "{% capture b %}",
    "{% endcapture %}",
    "{{",
    "}}",
    "{%",
)


def _loadable(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly valid directives, so that what runs is tested too."""
    objects = st.dictionaries(st.sampled_from("ab1"), inner, max_size=3)
    path = st.builds(lambda path: {"@path": path}, _PATHS)
    either = objects | path
    return st.one_of(
        objects,
        st.lists(inner, max_size=3),
        st.builds(lambda t, v, e: {"@if": {"exists": t, "then": v, "else": e}}, path, inner, objects),
        st.builds(lambda t, v: {"@if": {"blank": t, "then": v}}, path, inner),
        st.builds(lambda v: {"@case": {"operator": "lower", "value": v}}, path),
        st.builds(
            lambda p, r, i, v: {"@replace": {"pattern": p, "replacement": r, "ignorecase": i, "value": v}},
            st.sampled_from(["a", "ß", "$", "{{"]),
            st.sampled_from(["", "$&$&", "$`$'", "x"]),
            st.booleans(),
            path,
        ),
        st.builds(lambda p, s: {"@arrayPath": [p, s]}, _PATHS | path, either),
        st.builds(
            lambda v, o: {"@flatten": {"separator": ".", "value": v, "omitArrays": o}}, inner, st.booleans()
        ),
        st.builds(
            lambda m, v: {"@json": {"mode": m, "value": v}}, st.sampled_from(["encode", "decode"]), path
        ),
        st.builds(lambda v: {"@merge": {"direction": "left", "objects": v}}, st.lists(either, max_size=3)),
        st.builds(lambda a, m: {"@transform": {"apply": a, "mapping": m}}, either, either),
        st.builds(lambda v: {"@excludeWhenNull": v}, inner),
        st.builds(lambda v: {"@template": v}, path),
        st.builds(lambda v: {"@liquid": v}, _LIQUID),
    )


_MAPPINGS = st.dictionaries(
    st.sampled_from("vw"),
    st.recursive(st.builds(lambda path: {"@path": path}, _PATHS), _loadable, max_leaves=8),
)


@given(template=_ANYTHING, event=_EVENTS)
def test_nothing_but_a_mapping_error_is_raised(template: Any, event: dict[str, Any]) -> None:
    _resolve(template, event)


@given(template=_MAPPINGS, event=_EVENTS)
def test_a_result_is_json_and_the_event_is_as_before(template: Any, event: dict[str, Any]) -> None:
    before = copy.deepcopy(event)
    template_before = copy.deepcopy(template)
    json.dumps(_resolve(template, event))
    assert repr(event) == repr(before)
    assert repr(template) == repr(template_before)


@given(template=_MAPPINGS, event=_EVENTS)
def test_a_mapping_gives_the_same_twice(template: Any, event: dict[str, Any]) -> None:
    assert repr(_resolve(template, event)) == repr(_resolve(template, event))


@given(template=_MAPPINGS)
def test_a_failure_tells_no_value_of_the_event(template: Any) -> None:
    event = {name: {"a": "secret-7f3", "b": ["secret-7f3"], "1": 733733} for name in "ab"} | {
        "1": "secret-7f3"
    }
    assert "secret-7f3" not in str(_resolve(template, event, want_error=True))
    assert "733733" not in str(_resolve(template, event, want_error=True))


def _resolve(template: Any, event: Any, *, want_error: bool = False) -> Any:
    try:
        result = compile_mapping(template).resolve(event)
    except MappingError as error:
        return error if want_error else None
    return None if want_error else result
