"""The corpus is always the same, and every contender can know by the type what is due."""

from itertools import islice

import orjson

from bench.corpus.events import events
from bench.corpus.shapes import SENT_TYPES, body_of, preset_plan

_COUNT = 300


def test_a_corpus_is_the_same_each_time_and_what_is_due_goes_by_the_type() -> None:
    plan = preset_plan()
    made = list(events(plan, _COUNT, seed=1))
    assert made == list(events(plan, _COUNT, seed=1))
    assert made != list(events(plan, _COUNT, seed=2))
    read = [orjson.loads(event) for event in made]
    assert len({event["messageId"] for event in read}) == _COUNT
    due = [body_of(plan, event) is not None for event in made]
    assert due == [event["type"] in SENT_TYPES for event in read]
    assert 500 < sum(map(len, islice(made, _COUNT))) / _COUNT < 2500
