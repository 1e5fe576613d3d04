"""What the consumer group's commit says beside the offset, and where an assignment begins.

The audit topic is the crash ledger: the commit metadata tells from where on to read it. The metadata
is one small JSON object, `{v, pass, epoch, open, window, audit, at, fence}`, with `brake` while it is on;
the broker allows 4,096 bytes.
"""

from dataclasses import dataclass
from typing import Final, assert_never

import orjson

VERSION: Final = 1

START_LATEST: Final = "kafka.start: latest"
"""In place of metadata, with the offsets that a new group begins at by its configuration."""

_MOST: Final = 2**62
"""Beyond any number of ours: a larger one was written by somebody else, and might fit into no commit."""


@dataclass(frozen=True, slots=True)
class CommitMetadata:
    """The state of one partition's accounting at a commit.

    `is_open` means that records above the committed offset may have been sent. `window` bounds how
    many of them; `audit_from` is the lowest audit offset holding an outcome above the committed
    offset, and `fence` the newest epoch that a marker before it has announced: what is read from there on
    may be void for a marker that is not read. `brake` names the configuration under which the brake
    went on, None while it is off.
    """

    pass_: int
    epoch: int
    is_open: bool
    window: int
    audit_topic: str
    audit_from: int
    fence: int = 0
    brake: str | None = None

    def encode(self) -> str:
        """The metadata as the text of a commit."""
        told = {
            "v": VERSION,
            "pass": self.pass_,
            "epoch": self.epoch,
            "open": self.is_open,
            "window": self.window,
            "audit": self.audit_topic,
            "at": self.audit_from,
            "fence": self.fence,
        }
        return orjson.dumps(told if self.brake is None else told | {"brake": self.brake}).decode()


_ANOTHER_AUDIT: Final = "the audit topic is not the one of the last commit: it is read from its beginning"
_NUMBERS: Final = ("pass", "epoch", "window", "at")


def parse_metadata(text: str) -> CommitMetadata | None:
    """The metadata that a commit carries; None when it is not ours or not whole."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(found, dict) or found.get("v") != VERSION:
        return None
    numbers = [found.get(name) for name in _NUMBERS]
    is_whole = all(type(value) is int and 0 <= value <= _MOST for value in numbers)
    if not is_whole or type(found.get("open")) is not bool or not isinstance(found.get("audit"), str):
        return None
    fence, brake = found.get("fence"), found.get("brake")
    return CommitMetadata(
        pass_=found["pass"],
        epoch=found["epoch"],
        is_open=found["open"],
        window=found["window"],
        audit_topic=found["audit"],
        audit_from=found["at"],
        fence=fence if type(fence) is int and 0 <= fence <= found["epoch"] else 0,
        brake=brake if isinstance(brake, str) else None,
    )


@dataclass(frozen=True, slots=True)
class Committed:
    """A commit as found on the broker."""

    offset: int
    metadata: str


@dataclass(frozen=True, slots=True)
class LogRange:
    """What a partition holds: offsets from `begin` up to and without `end`."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Opening:
    """Where and as what an assignment begins.

    `inherited_window` is how many unaudited records from `position` on a crashed predecessor may
    have sent; those from `inherited_end` on did not exist in its time. From `audit_from` on only
    outcomes of the epoch `fence` or a later one count. `brake` is the predecessor's.
    `warning` is a sentence for the log, empty when all is as expected.
    """

    position: int
    pass_: int
    epoch: int
    inherited_window: int
    inherited_end: int
    audit_from: int
    fence: int = 0
    warning: str = ""
    brake: str | None = None


@dataclass(frozen=True, slots=True)
class Unopenable:
    """The commit does not fit the topic: only the operator can say what is meant."""

    why: str


def plan_opening(
    committed: Committed | None,
    *,
    events: LogRange,
    audit: LogRange,
    audit_topic: str,
    now_ms: int,
) -> Opening | Unopenable:
    """Decide how an assignment begins from the last commit and what both topics hold.

    A commit without our metadata was set by an operator: a new pass, everything again. A pass is
    named by its first epoch, the time at which it began, so that both only ever grow. Records from the
    position on that retention has removed are found out when they are to be read.
    """
    if committed is None:
        return _new_pass(events.begin, now_ms, audit)
    if committed.offset > events.end:
        return Unopenable(
            f"the committed offset {committed.offset} lies beyond the end of the topic ({events.end}): "
            "was the topic made anew? Reset the group's offsets or use another kafka.group"
        )
    metadata = parse_metadata(committed.metadata)
    match metadata:
        case None:
            position = max(committed.offset, events.begin)
            return _new_pass(position, now_ms, audit, _new_pass_warning(committed))
        case CommitMetadata():
            return _resume(metadata, committed.offset, events, audit, audit_topic)
        case _:
            assert_never(metadata)


def _new_pass(position: int, now_ms: int, audit: LogRange, warning: str = "") -> Opening:
    return Opening(position, now_ms, now_ms, 0, position, audit.end, warning=warning)


def _new_pass_warning(committed: Committed) -> str:
    if committed.metadata == START_LATEST:
        return ""
    if not committed.metadata:
        return "the offset was set by hand: a new pass begins and everything from it on is delivered again"
    return "the commit's metadata is not ours or not whole: a new pass begins from its offset"


def _resume(
    metadata: CommitMetadata, offset: int, events: LogRange, audit: LogRange, audit_topic: str
) -> Opening:
    is_another = metadata.audit_topic != audit_topic or metadata.audit_from > audit.end
    is_whole = not is_another and metadata.audit_from >= audit.begin
    inherited = metadata.window if metadata.is_open else 0
    if not is_whole and (metadata.is_open or metadata.window > 0):
        inherited = events.end - offset  # only the audit told what was settled ahead of the offset
    return Opening(
        position=offset,
        pass_=metadata.pass_,
        epoch=metadata.epoch + 1,
        inherited_window=min(inherited, events.end - offset),
        inherited_end=events.end,
        audit_from=metadata.audit_from if is_whole else audit.begin,
        fence=0 if is_another else metadata.fence,
        warning=_ANOTHER_AUDIT if is_another else "",
        brake=metadata.brake,
    )
