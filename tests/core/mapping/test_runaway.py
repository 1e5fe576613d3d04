"""Whatever a mapping says and whatever an event brings: time in proportion to their sizes, output bounded."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.core.decode import Framing
from pipeline.core.flow import decide
from pipeline.core.mapping import MappingError, compile_mapping
from pipeline.core.mapping.allowance import MAX_TEXT, copies_of, size_of
from pipeline.core.mapping.templates import DOUBLE, TRIPLE, placeholders
from pipeline.core.outcome import Deliverable, Reason, Rejected
from pipeline.core.plan import MappingDefinition, compile_plan
from tests.support.engine import event, record

X = {"@path": "$.x"}
LONG = 500_000


def _timed_s(work: Callable[[], object]) -> float:
    started_s = time.process_time()
    work()
    return time.process_time() - started_s


@pytest.mark.parametrize(
    "template, x",
    [
        ({"@template": X}, "{" * LONG),
        ({"@template": X}, "{{a" * (LONG // 3)),
        ({"@template": X}, "{{a}b" * (LONG // 5)),
        ({"@template": X}, "{{x.length}}" * 999 + "\u00e9" * LONG),
        ({"@template": X}, "{{x.3}}" * 999 + "\u00e9" * LONG),
        ({"@template": "{{{x}}}"}, "{" * LONG),
        ({"@path": X}, "x." * (LONG // 2)),
        ({"@path": X}, "'" + "]" * LONG),
        ({"@replace": {"pattern": "X", "replacement": "", "ignorecase": True, "value": X}}, "\u00e9x" * LONG),
        ({"@replace": {"pattern": "aaaaaaaaab", "value": X}}, "a" * LONG),
        ({"@case": {"operator": "upper", "value": X}}, "\u0390" * LONG),
        ({"@liquid": '{{ x | split: "" | size }}'}, "\u00e9" * LONG),
        ({"@liquid": '{{ x | replace: "", "b" | size }}'}, "\u00e9" * LONG),
        ({"@liquid": "{{ x | plus: 1 }}"}, "1" * LONG + "x"),
        ({"@liquid": "{% if x < 1 %}{% endif %}"}, "1" * LONG + "x"),
        ({"@liquid": "{{ x | round }}"}, "0." + "1" * LONG + "x"),
        ({"@liquid": "{{ x | strip | size }}"}, "a" + " " * LONG + "b"),
    ],
)
def test_a_long_text_takes_time_in_proportion_to_its_length(template: Any, x: str) -> None:
    mapping = compile_mapping({"v": template})

    assert _timed_s(lambda: mapping.payload({"x": x})) < 5  # quadratic code takes minutes


def test_a_template_of_the_event_has_a_bounded_number_of_placeholders() -> None:
    mapping = compile_mapping({"v": {"@template": X}})
    assert mapping.resolve({"x": "{{y}}" * 1000, "y": 1})["v"] == "1" * 1000
    with pytest.raises(MappingError, match="more than 1000 placeholders"):
        mapping.resolve({"x": "{{y}}" * 1001, "y": 1})


@pytest.mark.parametrize(
    "text, braces, insides",
    [
        ("a {{b}} {{ c.d }}", DOUBLE, ["b", " c.d "]),
        ("{{{a}}}", DOUBLE, ["{a"]),
        ("{{{{a}}}}", TRIPLE, ["{a"]),
        ("{{a}b}} {{c}}", DOUBLE, ["c"]),
        ("{{}} {{}a}} {{b}}", DOUBLE, ["b"]),
        ("{{a}} {{{b}}} {{{c}}", TRIPLE, ["b"]),
        ("{{a\n}}{{", DOUBLE, ["a\n"]),
    ],
)
def test_placeholders_are_found_as_a_pattern_would(text: str, braces: int, insides: list[str]) -> None:
    found = list(placeholders(text, braces))

    assert [each.inside for each in found] == insides
    assert all(text[each.start : each.end] == "{" * braces + each.inside + "}" * braces for each in found)


def _doubling(levels: int) -> Any:
    """Billion laughs as a mapping: every level holds what is below it twice."""
    template: Any = {"@path": "$."}
    for _ in range(levels):
        template = {
            "@transform": {"apply": template, "mapping": {"a": {"@path": "$."}, "b": {"@path": "$."}}}
        }
    return template


_BIG_SHAPE = {"@arrayPath": ["$.properties.items", {"note": "n" * 10_000}]}
_TWICE = {"a": {"@path": "$."}, "b": {"@path": "$."}}
_NESTED = {"@arrayPath": [{"@arrayPath": [{"@arrayPath": ["$.properties.items", _TWICE]}, _TWICE]}, _TWICE]}
_COPIES = {f"copy_{number}": {"@path": "$.properties"} for number in range(500)}


@pytest.mark.parametrize(
    "properties",
    [
        _doubling(20),
        _BIG_SHAPE,
        _COPIES,
        {"a": {"@json": {"mode": "encode", "value": _COPIES}}},
        {"a": {"@json": {"mode": "encode", "value": _BIG_SHAPE}}},
        {"a": {"@excludeWhenNull": _COPIES}},
        {"a": {"@flatten": {"separator": ".", "value": _COPIES}}},
        {"a": {"@merge": {"direction": "right", "objects": [{"x": _COPIES, "y": {"@path": "$.no"}}]}}},
        {f"t{n}": {"@template": "{{properties.text}}"} for n in range(500)},
        {f"t{n}": {"@liquid": "{{ properties.text | upcase }}"} for n in range(500)},
        {
            f"t{n}": {"@replace": {"pattern": "y", "value": {"@path": "$.properties.text"}}}
            for n in range(500)
        },
        {
            f"t{n}": {"@case": {"operator": "upper", "value": {"@path": "$.properties.text"}}}
            for n in range(500)
        },
        {"a": {"@liquid": "{% assign y = properties.text %}" + "{% assign z = y | append: y %}" * 30}},
        {"a": {"@template": "{{properties.text}}" * 500}},
        {"a": [_NESTED] * 20},
    ],
    ids=lambda template: str(template)[:60],
)
def test_a_small_event_never_becomes_a_huge_request(properties: Any) -> None:
    plan = compile_plan([MappingDefinition("M", 'type = "track"', "logEvent", {"properties": properties})])
    value = event(1).replace(
        b'"number":1', b'"text":"%b","items":[%b]' % (b"x" * 200_000, b",".join([b'{"k":"v"}'] * 20_000))
    )

    def work() -> None:
        (part,) = decide(plan, record(0, value)).parts
        assert isinstance(part, Rejected), len(getattr(part, "body", b""))
        assert part.reason is Reason.MAPPING_FAILED
        assert f"makes more than {MAX_TEXT} characters of one event" in part.detail

    assert _timed_s(work) < 20


def test_a_large_event_that_is_only_passed_on_is_delivered() -> None:
    plan = compile_plan([MappingDefinition("M", 'type = "track"', "logEvent")], Framing.NONE)
    value = event(1).replace(b'"number":1', b'"text":"%b"' % (b"x" * (MAX_TEXT + 1)))

    (part,) = decide(plan, record(0, value)).parts

    assert isinstance(part, Deliverable)


def test_what_a_mapping_made_of_one_event_is_not_held_against_the_next() -> None:
    mapping = compile_mapping({"v": {"@template": "{{x}}{{x}}"}})
    for _ in range(10):
        assert len(mapping.resolve({"x": "x" * (MAX_TEXT // 4)})["v"]) == MAX_TEXT // 4 * 2


def test_a_size_counts_what_is_shared_as_often_as_it_would_be_written() -> None:
    shared: Any = ["ab", {"key": 12345}]
    assert size_of(shared, 1000) == 1 + 3 + 1 + 3 + 1 + 4
    assert size_of([shared, shared], 1000) == 1 + 2 * size_of(shared, 1000)
    for _ in range(100):
        shared = [shared, shared]
    assert size_of(shared, 5000) > 5000


def test_copies_are_counted_in_a_template() -> None:
    assert copies_of({"a": {"@path": "$.x"}, "b": [{"@path": "$.y"}], "c": "text"}) == 2
    assert copies_of({"a": {"@arrayPath": ["$.x", {"b": 1}]}}) == float("inf")
    assert copies_of(_doubling(1)) == float("inf")
