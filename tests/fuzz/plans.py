"""Configurations for hostile events: the presets, and mappings that read all they can from the event."""

from typing import Any, Final

from pipeline.core.decode import Framing
from pipeline.core.plan import MappingDefinition, Plan, compile_plan, preset_definitions

X: Final = {"@path": "$.properties.x"}
_LIQUID: Final = (
    "{% assign p = properties %}{% if p.x contains event or p.x < userId %}{{ p | json }}{% endif %}"
    '{{ p.x | plus: userId | round }}{{ p.x | split: "" | last }}{{ p | size }}{{ messageId | url_encode }}'
    '{{ userId | replace: "", "-" | capitalize }}{{ traits | default: "d" | first }}{{ p.i | join: event }}'
)
_GREEDY: Final[dict[str, Any]] = {
    "event": {"@template": "{{event}}-{{{properties.x}}}-{{properties}}"},
    "properties": {
        "path": {"@path": {"@template": "$.{{event}}"}},
        "template": {"@template": {"@template": "{{{properties.x}}} {{event}}"}},
        "replaced": {"@replace": {"pattern": "x", "replacement": "$&$`$'", "ignorecase": True, "value": X}},
        "case": {"@case": {"operator": "upper", "value": {"@path": "$.userId"}}},
        "items": {
            "@arrayPath": ["$.properties.items", {"a": {"@path": "$.id"}, "b": {"@template": "{{k}}"}}]
        },
        "flat": {"@flatten": {"separator": ".", "value": {"@path": "$.properties"}}},
        "text": {"@json": {"mode": "encode", "value": {"@path": "$.properties"}}},
        "parsed": {"@json": {"mode": "decode", "value": {"@path": "$.properties.x"}}},
        "merged": {
            "@merge": {"direction": "left", "objects": [{"@path": "$.traits"}, {"@path": "$.properties"}]}
        },
        "kept": {"@excludeWhenNull": {"@path": "$.context"}},
        "either": {"@if": {"blank": X, "then": X, "else": {"@path": "$.properties"}}},
        "doubled": {
            "@transform": {
                "apply": {"a": {"@path": "$.properties"}, "b": {"@path": "$.context"}},
                "mapping": {"c": {"@path": "$."}, "d": {"@path": "$.a.x"}},
            }
        },
    },
}
_TRIGGER: Final = (
    '(type = "track" or type = "page" or type = "identify") and '
    '(properties.x contains "x" or userId != null or properties.n > 5)'
)


def hostile_plans() -> tuple[Plan, ...]:
    """The presets, and the presets with greedy mappings beside them."""
    greedy = [
        MappingDefinition("Greedy", _TRIGGER, "logEvent", _GREEDY),
        MappingDefinition(
            "Liquid", 'match(event, "*d")', "logEvent", {"properties": {"l": {"@liquid": _LIQUID}}}
        ),
        MappingDefinition("Group", 'type != "screen"', "group", {}),
    ]
    presets = preset_definitions()
    return compile_plan(presets), compile_plan([*presets, *greedy]), compile_plan(presets, Framing.CONFLUENT)
