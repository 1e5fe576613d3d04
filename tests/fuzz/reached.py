"""Which lines of the core a record reaches, in which order: what leads somewhere new is worth mutating."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pipeline.core

_CORE: Final = str(Path(pipeline.core.__file__).parent)

Step = tuple[int, int, int]
"""A line reached from another, in one piece of code."""


class Reached:
    """The steps that any record has taken so far."""

    def __init__(self) -> None:
        self.steps: set[Step] = set()

    def by(self, work: Callable[[], object]) -> bool:
        """Do the work; whether it took a step that none had taken before."""
        before = len(self.steps)
        with self._watched():
            work()
        return len(self.steps) > before

    @contextmanager
    def _watched(self) -> Iterator[None]:
        outer = sys.gettrace()
        sys.settrace(self._enter)
        try:
            yield
        finally:
            sys.settrace(outer)

    def _enter(self, frame: FrameType, event: str, _: Any) -> Any:
        code = frame.f_code
        if not code.co_filename.startswith(_CORE):
            return None
        steps, name, last = self.steps, hash((code.co_filename, code.co_firstlineno)), 0

        def follow(frame: FrameType, event: str, _: Any) -> Any:
            nonlocal last
            if event == "line":
                steps.add((name, last, frame.f_lineno))
                last = frame.f_lineno
            return follow

        return follow
