"""Every reason code is explained, for people."""

import pytest

from pipeline.core.outcome import Reason
from pipeline.core.reasons import REASONS


def test_every_reason_is_explained_and_nothing_else() -> None:
    assert set(REASONS) == set(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_an_explanation_is_made_of_sentences(reason: Reason) -> None:
    entry = REASONS[reason]
    assert entry.meaning.endswith(".")
    assert entry.advice.endswith(".")
