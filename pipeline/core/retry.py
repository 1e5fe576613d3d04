"""Stage deliver: how long to wait before the next attempt."""

import re
from dataclasses import dataclass
from typing import Final

from pipeline.core.http_date import epoch_s

MAX_RETRY_AFTER_S: Final = 3600.0
"""The longest wait that a destination's Retry-After may ask of us."""

_HIGHEST_EXPONENT: Final = 60
_LONGEST_SECONDS: Final = 15
_SECONDS: Final = re.compile(r"(-?)([0-9]+(?:\.[0-9]*)?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential back-off: the ceiling is `first_s` after one failure, doubles, and ends at `cap_s`."""

    first_s: float = 0.5
    cap_s: float = 60.0


def backoff_s(attempt: int, policy: Backoff, jitter: float) -> float:
    """Seconds to wait after the failed attempt number `attempt` (from 1), with full jitter.

    `jitter` lies in [0, 1): the wait is that share of the ceiling, which spreads the events
    that failed together over the whole time.
    """
    exponent = min(max(attempt - 1, 0), _HIGHEST_EXPONENT)
    return jitter * min(policy.cap_s, policy.first_s * 2.0**exponent)


def retry_after_s(header: str | None, now_ms: int, max_s: float = MAX_RETRY_AFTER_S) -> float | None:
    """The wait that a Retry-After header asks for, in [0, max_s]; None if it says nothing readable.

    Takes seconds and the three forms of an HTTP date (RFC 9110, sections 10.2.3 and 5.6.7).
    A fraction of seconds and a negative number, which some servers send, are understood too.
    """
    if header is None:
        return None
    text = header.strip(" \t")
    seconds = _plain_seconds(text, max_s)
    if seconds is None:
        seconds = _until(text, now_ms)
    return None if seconds is None else min(max(seconds, 0.0), max_s)


def _plain_seconds(text: str, max_s: float) -> float | None:
    found = _SECONDS.fullmatch(text)
    if found is None:
        return None
    sign, digits = found.groups()
    if sign:
        return 0.0
    whole = digits.partition(".")[0].lstrip("0")
    return max_s if len(whole) > _LONGEST_SECONDS else float(digits)


def _until(text: str, now_ms: int) -> float | None:
    moment_s = epoch_s(text, now_ms)
    return None if moment_s is None else moment_s - now_ms / 1000
