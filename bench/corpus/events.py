"""The stream of events: forms filled in, for visitors of whom some come back far more often than others."""

from collections.abc import Iterator
from itertools import accumulate
from random import Random
from typing import Final

from bench.corpus.clocks import z_millis
from bench.corpus.forms import Form, make_forms
from bench.corpus.shapes import TYPES, load_shapes
from bench.corpus.visitors import VISITORS, Visitor, make_visitors
from pipeline.core.plan import Plan

_START_US: Final = 1_772_323_200_000_000  # 2026-03-01T00:00:00Z
_STEP_US: Final = 2_000
_CHUNK: Final = 10_000
_FLATTENED: Final = 200
"""Zipf's law with its head flattened: the busiest visitor makes 1 in 1,000 events, not 1 in 11."""

_ID_BYTES: Final = 16
_LATE_SHARE: Final = 0.98


def events(plan: Plan, count: int, seed: int) -> Iterator[bytes]:
    """So many events, one JSON text each, every one with a `messageId` of its own."""
    rng = Random(seed)
    forms = make_forms(rng, load_shapes(plan))
    visitors = make_visitors(rng)
    weights = list(accumulate(1 / (_FLATTENED + rank) for rank in range(1, VISITORS + 1)))
    for first in range(0, count, _CHUNK):
        size = min(_CHUNK, count - first)
        kinds = rng.choices(list(TYPES), list(TYPES.values()), k=size)
        who = rng.choices(visitors, cum_weights=weights, k=size)
        unique = rng.randbytes(_ID_BYTES * size).hex().encode()
        for n in range(size):
            digits = unique[2 * _ID_BYTES * n : 2 * _ID_BYTES * (n + 1)]
            yield _filled(
                rng, rng.choice(forms[kinds[n]]), who[n], digits, _START_US + (first + n) * _STEP_US
            )


def _filled(rng: Random, form: Form, who: Visitor, unique: bytes, received_us: int) -> bytes:
    """One event: sent up to 100 ms before it is received, made up to a second (or minutes) before."""
    chance = rng.random()
    sent_us = received_us - int(20_000 + 80_000 * chance)
    age_us = 600_000_000 * rng.random() if chance > _LATE_SHARE else 900_000 * chance * chance
    happened_us = sent_us - int(age_us)
    values = (
        b"%b-%b-4%b-a%b-%b" % (unique[:8], unique[8:12], unique[13:16], unique[17:20], unique[20:]),
        who.user_id,
        who.anonymous_id,
        who.code,
        who.number,
        b"%d" % (happened_us // 1000),
        form.clock(happened_us),
        form.clock(sent_us),
        z_millis(received_us),
    )
    return form.text % form.pick(values)
