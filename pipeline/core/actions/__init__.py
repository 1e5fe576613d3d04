"""The actions of "Kameleoon (Actions)": logEvent, page, group, identify (reference: 6.4)."""

from typing import Final

from pipeline.core.actions.action import Action
from pipeline.core.actions.group import GROUP
from pipeline.core.actions.identify import IDENTIFY
from pipeline.core.actions.log_event import LOG_EVENT
from pipeline.core.actions.page import PAGE
from pipeline.core.actions.presets import PRESETS, Preset

ACTIONS: Final[dict[str, Action]] = {action.key: action for action in (LOG_EVENT, PAGE, GROUP, IDENTIFY)}
"""The actions by key, as Segment spells it."""

__all__ = ["ACTIONS", "PRESETS", "Action", "Preset"]
