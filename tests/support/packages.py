"""The packages that tests build."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Built:
    """What `make build` makes: the wheel is built from the source distribution."""

    wheel: Path
    sdist: Path
