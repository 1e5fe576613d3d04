"""An invalid payload's reason code; `core/reasons.py` tells people what to do about each."""

from pipeline.core.outcome import Reason
from pipeline.core.validate.problems import Invalid, ProblemCode


def rejection_reason(invalid: Invalid) -> Reason:
    """The reason code: a missing timestamp before a missing messageId before all else.

    Segment adds both on arrival, so an event straight from an SDK lacks them. Where `type`
    is missing too, which every event has, the mapping is at fault, and the reason is the
    general one.
    """
    missing = {found.field for found in invalid.problems if found.code is ProblemCode.MISSING}
    if "type" not in missing:
        if "timestamp" in missing:
            return Reason.MISSING_TIMESTAMP
        if "messageId" in missing:
            return Reason.MISSING_MESSAGE_ID
    return Reason.INVALID_PAYLOAD
