"""Which dead letters `replay` puts back: of each failure the newest, and none a second time.

No clock decides whether a failure was replayed already. A replay outranks every dead letter of its
origin that its maker had seen; what fails again after it has its generation, and is open again.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.core.dead_letter import Origin, Rank
from pipeline.core.replay_letter import Letter, Replayed


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the operator asked for; an empty set is no condition. Times are `utc_text`."""

    reasons: frozenset[str] = frozenset()
    mappings: frozenset[str] = frozenset()
    message_ids: frozenset[str] = frozenset()
    since: str | None = None
    until: str | None = None

    def takes(self, letter: Letter) -> bool:
        """Whether this dead letter is asked for."""
        return (
            (not self.reasons or letter.reason in self.reasons)
            and (not self.mappings or letter.origin.mapping in self.mappings)
            and (not self.message_ids or letter.message_id in self.message_ids)
            and (self.since is None or letter.failed_at >= self.since)
            and (self.until is None or letter.failed_at < self.until)
        )


class Standing(StrEnum):
    """What becomes of one dead letter."""

    CHOSEN = "chosen"
    REPLAYED = "replayed"
    """It was put back already."""
    SUPERSEDED = "superseded"
    """A newer dead letter tells of the same event under the same mapping."""
    UNWANTED = "unwanted"
    """It was not asked for."""
    UNKNOWN = "unknown"
    """It is older than what the replays topic still holds: it may have been put back."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A dead letter to put back, and the rank that its replay has."""

    letter: Letter
    rank: Rank


@dataclass(frozen=True, slots=True)
class Share:
    """One of `of` parts that the origins are split into, so that memory stays bounded."""

    number: int = 0
    of: int = 1

    def has(self, origin: Origin) -> bool:
        """Whether the origin belongs to this part."""
        return origin.position.offset % self.of == self.number


@dataclass(slots=True)
class _Story:
    """All that is known of one origin."""

    letters: dict[str | None, Letter] = field(default_factory=dict)
    replays: dict[str | None, Rank] = field(default_factory=dict)


class Selection:
    """Takes in all dead letters and all replays, in any order; then `choose`.

    `known_from` is the time from which the replays topic tells of every replay, as `utc_text`; `mappings`
    are those of all dead letters, asked for or not.
    """

    def __init__(self, pipeline: str, wanted: Wanted, share: Share) -> None:
        self._pipeline = pipeline
        self._wanted = wanted
        self._share = share
        self._stories: defaultdict[tuple[str, int, int], _Story] = defaultdict(_Story)
        self.known_from = ""
        self.counts: Counter[Standing] = Counter()
        self.mappings: set[str] = set()

    def add_letter(self, letter: Letter | None) -> None:
        """Take in one dead letter; foreign ones are None."""
        if letter is None or not self._is_ours(letter.origin):
            return
        if letter.origin.mapping is not None:
            self.mappings.add(letter.origin.mapping)
        letters = self._story(letter.origin).letters
        standing = letters.get(letter.origin.mapping)
        if standing is not None:
            self.counts[Standing.SUPERSEDED] += 1
        if standing is None or standing.order < letter.order:
            letters[letter.origin.mapping] = letter

    def add_replayed(self, replayed: Replayed | None) -> None:
        """Take in one replay; foreign ones are None."""
        if replayed is None or not self._is_ours(replayed.origin):
            return
        replays, mapping = self._story(replayed.origin).replays, replayed.origin.mapping
        replays[mapping] = max(replayed.rank, replays.get(mapping, replayed.rank))

    def choose(self) -> Iterator[Chosen]:
        """What is to be put back; `counts` is complete at the end."""
        for story in self._stories.values():
            rank = _next_rank(story)
            for letter in story.letters.values():
                standing = self._judge(story, letter)
                self.counts[standing] += 1
                if standing is Standing.CHOSEN:
                    yield Chosen(letter, rank)

    def _judge(self, story: _Story, letter: Letter) -> Standing:
        if any(_outdates(other, letter) for other in story.letters.values()):
            return Standing.SUPERSEDED
        if any(_settles(mapping, rank, letter) for mapping, rank in story.replays.items()):
            return Standing.REPLAYED
        if not self._wanted.takes(letter):
            return Standing.UNWANTED
        return Standing.UNKNOWN if letter.failed_at < self.known_from else Standing.CHOSEN

    def _is_ours(self, origin: Origin) -> bool:
        return origin.pipeline == self._pipeline and self._share.has(origin)

    def _story(self, origin: Origin) -> _Story:
        position = origin.position
        return self._stories[position.topic, position.partition, position.offset]


def _outdates(other: Letter, letter: Letter) -> bool:
    """Without a mapping it stands for the event under all of them: one of both is enough."""
    is_same_event = None in (other.origin.mapping, letter.origin.mapping)
    return is_same_event and other is not letter and other.order > letter.order


def _settles(mapping: str | None, rank: Rank, letter: Letter) -> bool:
    """Whether a replay was made after the dead letter; without a mapping it was one under all."""
    is_later = rank.pass_ >= letter.rank.pass_ and rank.generation > letter.rank.generation
    return is_later and mapping in (None, letter.origin.mapping)


def _next_rank(story: _Story) -> Rank:
    ranks = [*story.replays.values(), *(letter.rank for letter in story.letters.values())]
    return Rank(max(rank.pass_ for rank in ranks), 1 + max(rank.generation for rank in ranks))
