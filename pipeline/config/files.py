"""Paths in the configuration: relative ones start at the configuration's own folder."""

import stat
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema

from pipeline.config.values import Kind, as_text, mistake


def _existing(value: object, info: ValidationInfo) -> object:
    text = as_text(value)
    if not isinstance(text, str):
        return text
    path = resolve(text, info.context)
    reason = why_unreadable(path)
    if reason is not None:
        hint = "name a file that the pipeline may read; a relative path starts at this configuration's folder"
        raise mistake(f"the file cannot be read: {reason}", hint)
    return str(path)


def why_unreadable(path: Path) -> str | None:
    """Why a file cannot be opened, in a few words; None when it can. A pipe could make us wait for ever."""
    try:
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            return "not a regular file"
        with path.open("rb"):
            return None
    except OSError as error:
        return (error.strerror or "unknown reason").lower()
    except ValueError:
        return "no file can have this name"


def resolve(text: str, folder: object) -> Path:
    """The path that a text in the configuration means."""
    return (folder if isinstance(folder, Path) else Path()) / text


ExistingFile = Annotated[
    str, BeforeValidator(_existing), WithJsonSchema({"type": "string"}), Kind("path of a file")
]
"""The path of a file that exists, made absolute."""
