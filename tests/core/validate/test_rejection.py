"""Which reason code an invalid payload gets."""

from typing import Any

import pytest

from pipeline.core.actions import ACTIONS
from pipeline.core.outcome import Reason
from pipeline.core.validate import Invalid, rejection_reason

WHOLE = {"type": "track", "timestamp": "2024-01-02T03:04:05Z", "messageId": "m", "userId": "u"}


@pytest.mark.parametrize(
    "change, reason",
    [
        ({"timestamp": None}, Reason.MISSING_TIMESTAMP),
        ({"timestamp": ""}, Reason.MISSING_TIMESTAMP),
        ({"messageId": None}, Reason.MISSING_MESSAGE_ID),
        ({"messageId": None, "timestamp": None}, Reason.MISSING_TIMESTAMP),
        ({"messageId": None, "userId": {}}, Reason.MISSING_MESSAGE_ID),
        ({"timestamp": "now"}, Reason.INVALID_PAYLOAD),
        ({"messageId": ["a", "b"]}, Reason.INVALID_PAYLOAD),
        ({"userId": []}, Reason.INVALID_PAYLOAD),
        ({"type": None, "messageId": None, "timestamp": None}, Reason.INVALID_PAYLOAD),
    ],
)
def test_reasons(change: dict[str, Any], reason: Reason) -> None:
    said = ACTIONS["logEvent"].validator.validate({**WHOLE, **change})
    assert isinstance(said, Invalid)
    assert rejection_reason(said) is reason


def test_page_needs_no_message_id() -> None:
    said = ACTIONS["page"].validator.validate({**WHOLE, "messageId": None, "timestamp": None})
    assert isinstance(said, Invalid)
    assert [found.field for found in said.problems] == ["timestamp"]
