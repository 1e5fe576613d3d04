"""The four presets, in the reference's order (6.4): what runs without mappings of one's own."""

from dataclasses import dataclass
from typing import Final

from pipeline.core.actions.action import Action
from pipeline.core.actions.group import GROUP
from pipeline.core.actions.identify import IDENTIFY
from pipeline.core.actions.log_event import LOG_EVENT
from pipeline.core.actions.page import PAGE


@dataclass(frozen=True, slots=True)
class Preset:
    """A mapping ready to use: a trigger on one event type, and an action with its defaults."""

    slug: str
    name: str
    trigger: str
    action: Action


_IN_ORDER: Final = (
    Preset("track-calls", "Track Calls", 'type = "track"', LOG_EVENT),
    Preset("page-calls", "Page Calls", 'type = "page"', PAGE),
    Preset("group-calls", "Group Calls", 'type = "group"', GROUP),
    Preset("identify-calls", "Identify Calls", 'type = "identify"', IDENTIFY),
)

PRESETS: Final[dict[str, Preset]] = {preset.slug: preset for preset in _IN_ORDER}
"""The presets by slug."""
