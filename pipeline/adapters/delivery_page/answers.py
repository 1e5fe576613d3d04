"""What the delivery page asks for, as JSON."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import orjson

from pipeline.adapters.delivery_page.feed import Feed
from pipeline.core.audit import OutcomeKind, encode
from pipeline.core.delivery_view.dead_letters import explained, one_event, replay_event, search_further
from pipeline.core.delivery_view.history import Seen, key_of
from pipeline.core.delivery_view.report import WINDOWS, Only, Report
from pipeline.core.delivery_view.view import DeliveryView, Wanted
from pipeline.ports import Clock

MOST_OUTCOMES: Final = 100


_GOOD_FOR_MS: Final = {"6h": 2_000, "24h": 10_000}
"""Where every name is a new one, a report of a day takes a second."""
_MOST_MADE: Final = 16


@dataclass(frozen=True, slots=True)
class _Made:
    at_ms: int
    report: Report


class QuestionError(Exception):
    """The question cannot be answered as it is put. The text says why."""


@dataclass(frozen=True, slots=True)
class Told:
    """What commands to copy name: the configuration, and the option that names the broker."""

    config: str
    broker: str


class Answers:
    """Answers from the view and the feed as they are now."""

    def __init__(self, view: DeliveryView, feed: Feed, clock: Clock, told: Told) -> None:
        self._view = view
        self._feed = feed
        self._clock = clock
        self._told = told
        self._made: dict[tuple[str, Only], _Made] = {}

    def data(self, asked: dict[str, str]) -> bytes:
        """One window in numbers. Raises QuestionError."""
        name = asked.get("window", "1h")
        if name not in WINDOWS:
            raise QuestionError(f"window is one of {', '.join(WINDOWS)}")
        now_ms = self._clock.now_ms()
        found = self._report(name, _only(asked), now_ms)
        counted = {"read": self._view.read, "void": self._view.void, "foreign": self._view.foreign}
        return _json(
            {
                "window": name,
                "now_ms": now_ms,
                "feed": self._feed.standing,
                "topic": counted,
                "report": found,
                "reasons": explained(found, self._told.config, name),
            }
        )

    def _report(self, window: str, only: Only, now_ms: int) -> Report:
        made = self._made.get((window, only))
        if made is not None and now_ms - made.at_ms < _GOOD_FOR_MS.get(window, 0):
            return made.report
        report = self._view.report(WINDOWS[window], only, now_ms)
        if len(self._made) >= _MOST_MADE:
            self._made.clear()
        self._made[window, only] = _Made(now_ms, report)
        return report

    def events(self, asked: dict[str, str]) -> bytes:
        """The newest outcomes, or those whose message id holds `search`. Raises QuestionError."""
        search = asked.get("search", "").strip()
        if search:
            further = search_further(search, self._told.broker)
            return _json(self._outcomes(self._view.search(search, MOST_OUTCOMES), further))
        outcome = asked.get("outcome")
        if outcome and outcome not in set(OutcomeKind):
            raise QuestionError(f"outcome is one of {', '.join(OutcomeKind)}")
        wanted = Wanted(_only(asked), OutcomeKind(outcome) if outcome else None)
        return _json(self._outcomes(self._view.latest(MOST_OUTCOMES, wanted), None))

    def event(self, key: str) -> bytes:
        """All outcomes held of one event, the oldest first."""
        found = self._view.event(key)
        replay = replay_event((seen.record for seen in found), self._told.config)
        further = one_event(key, self._told.broker)
        return _json({"key": key, "replay": replay, **self._outcomes(found, further)})

    def _outcomes(self, found: Iterable[Seen], further: str | None) -> dict[str, Any]:
        """`further` is the command that looks where this page cannot."""
        return {
            "outcomes": [
                {
                    "key": key_of(seen.record),
                    "at_ms": seen.at_ms,
                    "record": orjson.Fragment(encode(seen.record)),
                }
                for seen in found
            ],
            "searchable_from_ms": self._view.searchable_from_ms,
            "further": further,
        }


def _only(asked: dict[str, str]) -> Only:
    return Only(asked.get("event") or None, asked.get("mapping") or None, asked.get("reason") or None)


def _json(answer: dict[str, Any]) -> bytes:
    return orjson.dumps(answer, option=orjson.OPT_NON_STR_KEYS)
