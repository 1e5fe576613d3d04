"""The static check of a `@liquid` template."""

from typing import Final

from pipeline.core.javascript import length
from pipeline.core.mapping.liquid.render import parse
from pipeline.core.mapping.liquid.scan import LiquidRefusedError

MAX_UNITS: Final = 1000


def check_liquid(template: str) -> tuple[str, str] | None:
    """What is wrong with a template, with line and column, and what to write instead."""
    if length(template) > MAX_UNITS:
        return f"liquid template values are limited to {MAX_UNITS} characters", "write a shorter template"
    try:
        parse(template)
    except LiquidRefusedError as refusal:
        line = template.count("\n", 0, refusal.position) + 1
        column = refusal.position - template.rfind("\n", 0, refusal.position)
        return f"{refusal.message} (line {line}, column {column})", refusal.hint
    return None
