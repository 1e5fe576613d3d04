"""What stands in a log or a crash report by its `repr` tells no part of an event and no secret."""

from pipeline.adapters.http_settings import HttpSettings
from pipeline.core.exchange import Answer
from pipeline.core.flow import decide
from pipeline.core.mapping.allowance import Allowance
from pipeline.core.mapping.liquid.expressions import Frame
from pipeline.core.outcome import Deliverable
from pipeline.core.record import Record
from pipeline.core.validate import Valid
from pipeline.ports import DeadLetter, LogEntry
from tests.support.engine import event, tracks

CANARY = b"canary"
TEXT = CANARY.decode()


def test_no_representation_holds_a_value() -> None:
    headers = ((TEXT, CANARY),)
    record = Record("events", 0, 1, 2, CANARY, event(1, user=TEXT), headers)
    (part,) = decide(tracks(), record).parts
    assert isinstance(part, Deliverable)
    assert CANARY in part.body
    things: list[object] = [
        record,
        part,
        DeadLetter(CANARY, CANARY, headers),
        LogEntry(CANARY, CANARY),
        Answer(200, None, CANARY, ((TEXT, TEXT),)),
        Valid({"userId": TEXT}),
        Frame({"userId": TEXT}, Allowance(), {"a": TEXT}),
        HttpSettings(endpoint="https://example.com", api_key=TEXT, sitecode="s", user_agent="u"),
    ]
    assert [thing for thing in things if TEXT in repr(thing) or TEXT in str(thing)] == []
