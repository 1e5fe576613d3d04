"""The people whose events the corpus holds."""

from random import Random
from typing import Final, NamedTuple

VISITORS: Final = 40_000
_CODE_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"


class Visitor(NamedTuple):
    """One person, with ids ready to be put between quotes."""

    user_id: bytes
    anonymous_id: bytes
    code: bytes
    number: bytes


def make_visitors(rng: Random) -> list[Visitor]:
    """Everybody, the most frequent visitor first."""
    return [_visitor(rng, number) for number in range(1, VISITORS + 1)]


def _visitor(rng: Random, number: int) -> Visitor:
    bits = f"{rng.getrandbits(128):032x}"
    anonymous = f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-b{bits[17:20]}-{bits[20:]}"
    code = "".join(rng.choices(_CODE_LETTERS, k=16))
    spellings = (f"user_{number}", f"visitor{number}@example.com", bits[:12], f"auth0|{bits[8:32]}")
    return Visitor(rng.choice(spellings).encode(), anonymous.encode(), code.encode(), b"%d" % number)
