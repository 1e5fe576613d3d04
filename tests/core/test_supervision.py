"""What a parent does when one of its workers ends, and what it ends with itself."""

import signal

import pytest

from pipeline.core.exit_code import ExitCode
from pipeline.core.supervision import (
    LONGEST_PAUSE_S,
    STEADY_S,
    EndAll,
    StartAgain,
    after_end,
    parents_code,
    told_end,
)

SHORT_S = STEADY_S / 2


@pytest.mark.parametrize("lived_s", [0, SHORT_S, 10 * STEADY_S])
def test_what_needs_a_person_ends_all(lived_s: float) -> None:
    assert after_end(ExitCode.USAGE, lived_s, 0) == EndAll()


@pytest.mark.parametrize("code", [0, 1, 3, 70, -signal.SIGKILL, -signal.SIGSEGV, -signal.SIGTERM])
def test_any_other_end_starts_the_worker_again(code: int) -> None:
    assert after_end(code, SHORT_S, 0) == StartAgain(1.0, 1)


def test_pauses_double_and_end_at_the_longest() -> None:
    pauses, in_a_row = [], 0
    for _ in range(2000):
        decided = after_end(ExitCode.UNREACHABLE, SHORT_S, in_a_row)
        assert isinstance(decided, StartAgain)
        in_a_row = decided.in_a_row
        pauses.append(decided.pause_s)
    assert pauses[:8] == [1, 2, 4, 8, 16, 32, LONGEST_PAUSE_S, LONGEST_PAUSE_S]
    assert pauses[-1] == LONGEST_PAUSE_S


def test_a_worker_that_was_steady_starts_anew() -> None:
    assert after_end(ExitCode.BUG, STEADY_S, 9) == StartAgain(1.0, 1)


@pytest.mark.parametrize(
    "codes, code",
    [
        ([], 0),
        ([0, 0], 0),
        ([0, 3, 0], 3),
        ([3, 70], 70),
        ([0, 2], 2),
        ([70, 2, -signal.SIGKILL], 2),
        ([0, -signal.SIGKILL], 137),
        ([0, -signal.SIGTERM], 0),
    ],
)
def test_the_parent_ends_with_the_worst(codes: list[int], code: int) -> None:
    assert parents_code(codes) == code


@pytest.mark.parametrize(
    "code, told",
    [
        (70, "it ended with code 70"),
        (-signal.SIGSEGV, "SIGSEGV ended it"),
        (-signal.SIGKILL, "SIGKILL ended it, perhaps because memory ran out"),
        (-50, "signal 50 ended it"),
    ],
)
def test_an_end_is_told_in_words(code: int, told: str) -> None:
    assert told_end(code) == told
