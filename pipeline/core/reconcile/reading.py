"""What a value of the audit topic says, as far as the books need it.

Read from the published contract alone, not by the worker's own reader, and no more fields than are
asked for: this runs a hundred thousand times a second.
"""

from typing import Any, Final, NamedTuple

import orjson

_LOST: Final = "lost"
_INTEGERS: Final = [int, int, int, int, int, int]


class Told(NamedTuple):
    """One outcome: part `part` of `parts` of the record at `offset`.

    `lost_through` is the last offset that it tells of, when it says that a range was lost.
    `replay_of` is the topic and partition where a replayed event first stood.
    """

    pipeline: str
    topic: str
    partition: int
    offset: int
    pass_: int
    epoch: int
    mapping: str | None
    part: int
    parts: int
    lost_through: int | None = None
    replay_of: tuple[str, int] | None = None


class TookOver(NamedTuple):
    """A worker took a source partition over, to read from `position` on."""

    pipeline: str
    topic: str
    partition: int
    position: int
    pass_: int
    epoch: int


def read_entry(value: bytes | None) -> Told | TookOver | None:
    """What the value says; None for a foreign or broken one."""
    try:
        fields = orjson.loads(value or b"")
        match fields["schema"]:
            case "delivery-audit/1":
                return _told(fields)
            case "assignment/1":
                return _took_over(fields)
            case _:
                return None
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None


def _told(fields: dict[str, Any]) -> Told | None:
    pipeline, mapping, source = fields["pipeline"], fields["mapping"], fields["source"]
    numbers = [
        source["partition"],
        source["offset"],
        fields["pass"],
        fields["epoch"],
        fields["part"],
        fields["parts"],
    ]
    topic = source["topic"]
    is_text = type(topic) is str and type(pipeline) is str and (mapping is None or type(mapping) is str)
    if not is_text or list(map(type, numbers)) != _INTEGERS:
        return None
    partition, offset, pass_, epoch, part, parts = numbers
    if fields["outcome"] != _LOST and fields["replay_of"] is None:
        return Told(pipeline, topic, partition, offset, pass_, epoch, mapping, part, parts)
    through = _lost_through(fields, offset)
    origin = _origin(fields["replay_of"])
    return Told(pipeline, topic, partition, offset, pass_, epoch, mapping, part, parts, through, origin)


def _lost_through(fields: dict[str, Any], offset: int) -> int | None:
    """The end of a lost range; the record alone where none is told."""
    if fields["outcome"] != _LOST:
        return None
    through = fields.get("lost_through")
    return through if type(through) is int else offset


def _origin(position: dict[str, Any] | None) -> tuple[str, int] | None:
    if position is None:
        return None
    topic, partition = position["topic"], position["partition"]
    if type(topic) is not str or type(partition) is not int:
        raise TypeError
    return topic, partition


def _took_over(fields: dict[str, Any]) -> TookOver | None:
    pipeline, source = fields["pipeline"], fields["source"]
    topic, partition = source["topic"], source["partition"]
    position, pass_, epoch = fields["position"], fields["pass"], fields["epoch"]
    is_whole = type(pipeline) is str and type(topic) is str
    if not is_whole or not all(type(number) is int for number in (partition, position, pass_, epoch)):
        return None
    return TookOver(pipeline, topic, partition, position, pass_, epoch)
