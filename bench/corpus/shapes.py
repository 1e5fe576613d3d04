"""Events as Segment's SDKs sent them, as patterns for many more: `pipeline/samples`, without its probes."""

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from pipeline.core.flow import decide
from pipeline.core.outcome import Deliverable
from pipeline.core.plan import Plan, compile_plan, preset_definitions
from pipeline.core.record import Record

TYPES: Final = {"track": 55, "page": 25, "identify": 12, "group": 4, "screen": 2, "alias": 2}
"""Of 100 events so many are of each type."""

SENT_TYPES: Final = frozenset({"track", "page", "identify", "group"})
"""What the four presets send."""

_SAMPLES: Final = Path(__file__).parents[2] / "pipeline" / "samples"
_TRAFFIC: Final = {"browser": 30, "browser-batching": 20, "android": 6, "kotlin-android": 8}
_OTHER_TRAFFIC: Final = 4
_NAMED_AS_IN_THE_SPEC: Final = re.compile(r"([A-Z][a-z]+ )+(\w+ed|Up|In|Sent|Playing)")
_CODE: Final = re.compile(r"[a-z0-9]{16}")


@dataclass(frozen=True, slots=True)
class Shape:
    """A captured event, its size, and how often its like comes."""

    size: int
    weight: float
    event: dict[str, Any]


def is_code(value: object) -> bool:
    """Whether this is a visitor code as Kameleoon makes them."""
    return isinstance(value, str) and _CODE.fullmatch(value) is not None


def load_shapes(plan: Plan) -> dict[str, list[Shape]]:
    """The captured events worth repeating, by type, small ones first."""
    shapes: dict[str, list[Shape]] = {kind: [] for kind in TYPES}
    for path in sorted(_SAMPLES.glob("*.jsonl")):
        lines = path.read_bytes().split(b"\n")[:-1]
        weight = _TRAFFIC.get(path.stem, _OTHER_TRAFFIC) / len(lines)
        for line in lines:
            with suppress(orjson.JSONDecodeError):
                event = orjson.loads(line)
                if _is_usual(event) and _is_sent(plan, line) == (event["type"] in SENT_TYPES):
                    shapes[event["type"]].append(Shape(len(line), weight, event))
    return {kind: sorted(found, key=lambda shape: shape.size) for kind, found in shapes.items()}


def preset_plan() -> Plan:
    """The four presets, which a configuration without mappings has."""
    return compile_plan(preset_definitions())


def body_of(plan: Plan, event: bytes) -> bytes | None:
    """The request's body that the pipeline makes of an event, or None where it sends nothing."""
    decided = decide(plan, Record("bench", 0, 0, 0, None, event))
    return next((part.body for part in decided.parts if isinstance(part, Deliverable)), None)


def _is_sent(plan: Plan, event: bytes) -> bool:
    """Every contender goes by the type: an event that the pipeline would judge otherwise is left out."""
    return body_of(plan, event) is not None


def _is_usual(event: dict[str, Any]) -> bool:
    """Whether a real site would send it often: the samples hold probes too."""
    if event.get("type") not in TYPES:
        return False
    carrier = event.get("properties") or event.get("traits") or {}
    code = carrier.get("kameleoonVisitorCode")
    named = event["type"] != "track" or _NAMED_AS_IN_THE_SPEC.fullmatch(event["event"])
    return bool(named) and (code is None or is_code(code))
