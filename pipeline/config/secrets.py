"""Secrets: from a variable, or from a file named by the key's twin that ends in `_file`.

Nothing here puts a secret into a message.
"""

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
    secret = _content(resolve(file, folder), twin, report)
    if secret is None:
        report.mark_broken(path)
    else:
        section[name] = Text(secret, variables=(f"{name}_file",))


def _content(file: FilePath, twin: Path, report: Report) -> str | None:
    reason = why_unreadable(file)
    if reason is not None:
        report.error(twin, f"the file cannot be read: {reason}", "name a file that the pipeline may read")
        return None
    with file.open("rb") as opened:
        read = opened.read(MOST_BYTES + 1)
    try:
        content = read.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        report.error(twin, "the file is not UTF-8 text", "store the secret alone, as text")
        return None
    if not content or len(read) > MOST_BYTES:
        state = "empty" if not content else "far too long for a secret"
        report.error(twin, f"the file is {state}", "store the secret alone, as text")
        return None
    return content
