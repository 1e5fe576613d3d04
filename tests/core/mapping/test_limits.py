"""However deep, long or large an event or a mapping is: a result or a MappingError."""

from typing import Any

import pytest

from pipeline.core.mapping import MappingError, compile_mapping


def _deep(levels: int, inner: Any = None) -> Any:
    value = inner
    for _ in range(levels):
        value = {"k": [value]}
    return value


@pytest.mark.parametrize(
    "template",
    [
        {"@path": "$.deep"},
        {"@template": "{{deep}} {{deep.k}}"},
        {"@excludeWhenNull": {"@path": "$.deep"}},
        {"@excludeWhenNull": {"a": {"@path": "$.zz"}, "b": {"@path": "$.deep"}}},
        {"@json": {"mode": "encode", "value": {"@path": "$.deep"}}},
        {"@merge": {"direction": "left", "objects": [{"@path": "$.deep"}, {"a": {"@path": "$.zz"}}]}},
        {"@if": {"blank": {"@path": "$.deep.k"}, "then": "full", "else": "blank"}},
        {"@liquid": "{{ deep }}{{ deep.k }}{{ deep.k | json }}{% if deep.k == deep.k %}1{% endif %}"},
    ],
)
def test_a_value_1500_levels_deep_is_mapped(template: Any) -> None:
    mapping = compile_mapping({"v": template, "w": [{"@path": "$.zz"}]})
    resolved = mapping.resolve({"deep": _deep(1500)})
    assert set(resolved) == {"v", "w"}


def test_flatten_joins_the_keys_of_every_level() -> None:
    mapping = compile_mapping({"v": {"@flatten": {"separator": ".", "value": {"@path": "$.deep"}}}})
    assert mapping.resolve({"deep": _deep(1000, "x")})["v"] == {".".join(["k.0"] * 1000): "x"}


def test_json_is_decoded_to_the_depth_of_an_event() -> None:
    mapping = compile_mapping({"v": {"@json": {"mode": "decode", "value": {"@path": "$.t"}}}})
    assert mapping.resolve({"t": "[" * 250 + "]" * 250})["v"] != "[" * 250 + "]" * 250
    for levels in (251, 900, 100_000):
        with pytest.raises(MappingError, match="nested more than 250 levels"):
            mapping.resolve({"t": "[" * levels + "]" * levels})
    assert mapping.resolve({"t": "[" * 300})["v"] == "[" * 300


@pytest.mark.parametrize("digits", [4299, 4300, 4301, 20_000])
def test_long_integers_are_no_error(digits: int) -> None:
    mapping = compile_mapping(
        {
            "decoded": {"@json": {"mode": "decode", "value": {"@path": "$.t"}}},
            "encoded": {"@json": {"mode": "encode", "value": {"@path": "$.n"}}},
            "shown": {"@template": "{{n}}"},
            "replaced": {"@replace": {"pattern": "1", "value": {"@path": "$.n"}}},
            "liquid": {"@liquid": "{{ n | plus: 1 }} {{ n }} {% if n > t %}1{% endif %}"},
        }
    )
    number = 10 ** (digits - 1)
    resolved = mapping.resolve({"t": "1" + "0" * (digits - 1), "n": number})
    expected = number if digits <= 4300 else float("inf")
    assert resolved["decoded"] == expected
    assert resolved["liquid"].startswith("Infinity")


_TENFOLD = {"pattern": "x", "replacement": "0123456789", "value": {"@path": "$.x"}}
_DOUBLED = {"pattern": "X", "replacement": "$&$`0$&", "ignorecase": True, "value": {"@path": "$.x"}}


@pytest.mark.parametrize(
    "template",
    [
        {"@template": {"@path": "$.braces"}},
        {"@template": "{{{braces}}}"},
        {"@template": "{{x}}" * 20},
        {"@replace": {"pattern": "x", "replacement": "$`$'$`$'", "value": {"@path": "$.x"}}},
        {"@replace": _TENFOLD},
        {"@replace": _DOUBLED},
        {"@flatten": {"separator": ".", "value": {"@path": "$.wide"}}},
        {"@json": {"mode": "encode", "value": {"@path": "$.controls"}}},
        {"@liquid": "{% assign y = x %}" + "{% assign y = y | append: y %}" * 9 + "{{ y }}"},
        {"@liquid": "{% capture y %}{{ x }}{{ x }}{{ x }}{{ x }}{% endcapture %}" * 9 + "{{ y }}" * 9},
        {"@liquid": '{{ x | replace: "x", "0123456789" }}'},
        {"@liquid": '{{ x | replace: "", x }}'},
        {"@liquid": '{{ x | split: "" | join: x }}'},
    ],
)
def test_a_text_that_outgrows_all_bounds_is_refused_for_this_event(template: Any) -> None:
    event = {
        "x": "x" * 3_000_000,
        "braces": "{{x}}" * 1000,
        "wide": {"k" * 100_000: {str(index): 0 for index in range(1000)}},
        "controls": "\x01" * 3_000_000,
    }
    with pytest.raises(MappingError, match="makes more than 4194304 characters of one event"):
        compile_mapping({"v": template}).resolve(event)


def test_a_mapping_is_64_levels_deep_at_most() -> None:
    template: Any = {"@path": "$.a"}
    for _ in range(31):
        template = {"@if": {"exists": {"@path": "$.a"}, "then": template}}
    assert compile_mapping({"v": template}).resolve({"a": 1}) == {"v": 1}
    for levels in (70, 5000):
        with pytest.raises(MappingError, match="nested more than 64 levels"):
            compile_mapping(_deep(levels))


def test_halves_of_emoji_come_through() -> None:
    mapping = compile_mapping(
        {
            "unit": {"@path": "$.t.1"},
            "units": {"@merge": {"direction": "right", "objects": [{"@path": "$.t"}]}},
            "text": {"@json": {"mode": "encode", "value": {"@path": "$.half"}}},
            "liquid": {"@liquid": '{{ t | split: "" | last }}|{{ t | split: "" }}|{{ t.size }}'},
        }
    )
    resolved = mapping.resolve({"t": "a\U0001f600", "half": "\ud83d\u2028"})
    assert resolved["unit"] == "\ud83d"
    assert resolved["units"] == {"0": "a", "1": "\ud83d", "2": "\ude00"}
    assert resolved["text"] == '"\\ud83d\u2028"'
    assert resolved["liquid"] == "\ude00|a\U0001f600|3"
    with pytest.raises(MappingError, match="half an emoji"):
        compile_mapping({"v": {"@liquid": "{{ half | url_encode }}"}}).resolve({"half": "\ud83d"})
