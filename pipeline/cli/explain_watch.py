"""`explain --watch`: look again whenever one of the files is saved."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NoReturn

POLL_S: Final = 0.3

_Stamp = tuple[int, int] | None
"""Time of the last change and size; None where there is no such file."""


def watch(
    files: Sequence[Path], look: Callable[[tuple[Path, ...]], None], wait: Callable[[float], None]
) -> NoReturn:
    """Look at once, then after each change, with the files that changed. Ctrl-C alone ends it.

    A file that is away for a moment, as while an editor replaces it, is no change yet.
    """
    seen = [_stamp(file) for file in files]  # before the look: what is saved meanwhile is looked at, too
    look(())
    while True:
        wait(POLL_S)
        now = [_stamp(file) or before for file, before in zip(files, seen, strict=True)]
        changed = tuple(file for file, before, after in zip(files, seen, now, strict=True) if before != after)
        seen = now
        if changed:
            look(changed)


def _stamp(file: Path) -> _Stamp:
    try:
        found = file.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size
