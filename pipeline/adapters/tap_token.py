"""The token of a running worker, in a file that its own user alone can read: who reads it may tap.

Two places are known: the user's own run-time folder (XDG_RUNTIME_DIR), and else a folder among the
temporary files with the user's number in its name. Others can write there as well, so nothing is taken
on trust: no links, and no folders or files that belong to others or that others can read.
"""

import fcntl
import os
import re
import secrets
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_FOLDER: Final = "kameleoon-pipeline"
_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600
_OTHERS: Final = 0o077
_FOLDER_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe is not waited for
_WRITE_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_TOKEN_BYTES: Final = 32
_READ_BYTES: Final = 64


class TokenError(Exception):
    """The token cannot be kept or found. The text says why, and holds no token."""


def token_folders(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Where the tokens of this user's workers may be, the first choice first."""
    beside = Path(tempfile.gettempdir()) / f"{_FOLDER}-{os.geteuid()}"
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    return (Path(runtime) / _FOLDER, beside) if Path(runtime).is_absolute() else (beside,)


class TokenFile:
    """A new token for the worker at a port, kept in the first of the folders that can be used.

    Raises TokenError. `remove` is to be called at the end.
    """

    def __init__(self, port: int, folders: Sequence[Path]) -> None:
        self.token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._name = _file_name(port)
        self._folder = self._write(folders)

    def _write(self, folders: Sequence[Path]) -> int:
        """The folder, opened and locked: what tidies temporary files (systemd-tmpfiles) leaves it alone."""
        problems = []
        for folder in folders:
            try:
                with suppress(FileExistsError):
                    folder.mkdir(mode=_FOLDER_MODE)
                opened = _open_folder(folder)
                try:
                    _replace(opened, self._name, self.token)
                except OSError:
                    os.close(opened)
                    raise
            except OSError as error:
                problems.append(f"{folder}: {error.strerror or error}")
            except TokenError as error:
                problems.append(str(error))
            else:
                with suppress(OSError):
                    fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return opened
        raise TokenError("; ".join(problems))

    def remove(self) -> None:
        """Take the file away, unless another worker has put its own in its place."""
        with suppress(OSError, TokenError):
            if _read(self._folder, self._name) == self.token:
                os.unlink(self._name, dir_fd=self._folder)
        os.close(self._folder)


def find_token(port: int, folders: Sequence[Path]) -> str:
    """The token of this user's worker at a port. Raises TokenError.

    A folder that cannot be used here may have been none for the worker either: the next one is looked in.
    """
    problems = []
    for folder in folders:
        try:
            with _opened_folder(folder) as opened:
                return _read(opened, _file_name(port))
        except FileNotFoundError:
            continue
        except OSError as error:
            problems.append(f"{folder}: {error.strerror or error}")
        except TokenError as error:
            problems.append(str(error))
    if problems:
        raise TokenError("; ".join(problems))
    looked = " or ".join(map(str, folders))
    raise TokenError(
        f"no token of a worker at port {port} in {looked}: tap where the worker runs, on its machine or in "
        "its container, and as its user; where it could not keep a token, its log says so"
    )


def _file_name(port: int) -> str:
    return f"{port}.token"


@contextmanager
def _opened_folder(folder: Path) -> Iterator[int]:
    opened = _open_folder(folder)
    try:
        yield opened
    finally:
        os.close(opened)


def _open_folder(folder: Path) -> int:
    """Raises OSError, TokenError where it is not this user's alone."""
    opened = os.open(folder, _FOLDER_FLAGS)
    if _is_own(os.fstat(opened)):
        return opened
    os.close(opened)
    raise TokenError(f"{folder} is not a folder of this user alone: remove it, or `chmod 700` it")


def _is_own(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not stat.S_IMODE(found.st_mode) & _OTHERS


def _read(folder: int, name: str) -> str:
    """Raises OSError, TokenError."""
    opened = os.open(name, _READ_FLAGS, dir_fd=folder)
    try:
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode) or not _is_own(found):
            raise TokenError(f"{name} is not a file of this user alone")
        text = os.read(opened, _READ_BYTES).decode(errors="replace")
    finally:
        os.close(opened)
    if not _TOKEN.fullmatch(text):
        raise TokenError(f"{name} holds no token")
    return text


def _replace(folder: int, name: str, token: str) -> None:
    """Write the file beside its place and move it there: nobody reads half of it. Raises OSError."""
    beside = f"{name}.{secrets.token_hex(8)}"
    opened = os.open(beside, _WRITE_FLAGS, _FILE_MODE, dir_fd=folder)
    try:
        os.write(opened, token.encode())
        os.replace(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        os.unlink(beside, dir_fd=folder)
        raise
    finally:
        os.close(opened)
