"""Secrets: from a variable, or from a file named by the key's twin that ends in `_file`.

Nothing here puts a secret into a message.
"""

from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Final

from pipeline.config.files import resolve, why_unreadable
from pipeline.config.problem import Path
from pipeline.config.report import Report
from pipeline.config.scalar import Text

SECRETS: Final[tuple[Path, ...]] = (
    ("destination", "api_key"),
    ("kafka", "security", "sasl", "password"),
    ("kafka", "security", "tls", "key_password"),
)
MOST_BYTES: Final = 64 * 1024

_ALONE: Final = "store the secret alone, as text"


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a file holds no secret, and what to do about it."""

    message: str
    hint: str


def read_secrets(data: dict[str, Any], folder: FilePath, report: Report) -> None:
    """Put the content of each secret's file in its place in `data`, and warn of secrets in clear."""
    for path in SECRETS:
        section = _section(data, path[:-1])
        if section is None:
            continue
        name = str(path[-1])
        secret, file = section.get(name), section.get(f"{name}_file")
        if isinstance(secret, Text) and not secret.variables:
            hint = f"write `${{NAME}}` and set NAME in the environment, or use `{name}_file`"
            report.warning(path, "a secret stands in the file in clear", hint)
        if isinstance(file, Text) and not file.is_absent:
            _read_file(section, path, file, folder, report)


def _section(data: dict[str, Any], path: Path) -> dict[str, Any] | None:
    section: Any = data
    for key in path:
        section = section.get(key) if isinstance(section, dict) else None
    return section if isinstance(section, dict) else None


def _read_file(section: dict[str, Any], path: Path, file: Text, folder: FilePath, report: Report) -> None:
    name = str(path[-1])
    twin = (*path[:-1], f"{name}_file")
    if section.get(name) is not None:
        report.error(twin, f"stands beside `{name}`: which of the two counts?", "delete one of the two")
        return
    secret = secret_in(resolve(file, folder))
    if isinstance(secret, Unusable):
        report.error(twin, secret.message, secret.hint)
        report.mark_broken(path)
    else:
        section[name] = Text(secret, variables=(f"{name}_file",))


def secret_in(file: FilePath) -> str | Unusable:
    """The secret that a file holds, without the line end behind it."""
    reason = why_unreadable(file)
    if reason is not None:
        return Unusable(f"the file cannot be read: {reason}", "name a file that the pipeline may read")
    try:
        with file.open("rb") as opened:
            read = opened.read(MOST_BYTES + 1)
        content = read.decode("utf-8").rstrip("\r\n")
    except OSError:
        return Unusable("the file cannot be read", "name a file that the pipeline may read")
    except UnicodeDecodeError:
        return Unusable("the file is not UTF-8 text", _ALONE)
    if not content or len(read) > MOST_BYTES:
        return Unusable(f"the file is {'far too long for a secret' if content else 'empty'}", _ALONE)
    return content
