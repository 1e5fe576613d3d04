"""Stage deliver: whose fault a refusal is, the event's or the destination's (docs/adr/0006).

An event is to blame only if another request, which started after this one's latest refusal, was
accepted before it was refused again: then the destination was well and this event still not taken.
"""


class Blame:
    """The order in which requests started, and the newest start among the accepted ones."""

    __slots__ = ("_newest_accepted", "started")

    def __init__(self) -> None:
        self.started = 0
        self._newest_accepted = 0

    def start(self) -> int:
        """A request starts; answers its number, from 1."""
        self.started += 1
        return self.started

    def accept(self, number: int) -> None:
        """The request of this number was accepted."""
        self._newest_accepted = max(self._newest_accepted, number)

    def falls_on(self, refused_at: int | None) -> bool:
        """Whether a refusal now is the event's fault; `refused_at` requests had started at its latest."""
        return refused_at is not None and self._newest_accepted > refused_at
