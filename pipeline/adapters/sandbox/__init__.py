"""The stand-in Kameleoon: a local server that checks, remembers and fails on request.

`stories` says what a request is to meet, `checks` what is wrong with it, `memory` keeps what
came, `server` answers, `control` is the door for whoever watches.
"""

from pipeline.adapters.sandbox.checks import Expectation
from pipeline.adapters.sandbox.server import Sandbox, SandboxSettings
from pipeline.adapters.sandbox.stories import Fate, Fault, Faults, Mistake, Story, read_faults, read_story

__all__ = [
    "Expectation",
    "Fate",
    "Fault",
    "Faults",
    "Mistake",
    "Sandbox",
    "SandboxSettings",
    "Story",
    "read_faults",
    "read_story",
]
