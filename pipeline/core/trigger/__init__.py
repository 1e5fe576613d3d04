"""Stage trigger: the language that says which events a mapping takes (reference: FQL 1)."""

from pipeline.core.trigger.errors import TriggerError
from pipeline.core.trigger.trigger import Trigger, compile_trigger

__all__ = ["Trigger", "TriggerError", "compile_trigger"]
