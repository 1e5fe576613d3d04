"""What the process tells whoever started it, when it ends."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a script reads from the command."""

    FINE = 0
    FOUND = 1
    USAGE = 2
    UNREACHABLE = 3
    BUG = 70
    READER_GONE = 141
