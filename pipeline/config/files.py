"""Paths in the configuration: relative ones start at the configuration's own folder."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema

from pipeline.config.values import Kind, as_text, mistake


def _existing(value: object, info: ValidationInfo) -> object:
    text = as_text(value)
    if not isinstance(text, str):
        return text
    path = resolve(text, info.context)
    if not path.is_file():
        raise mistake(
            "there is no such file" if not path.exists() else "is no file",
            "write the path of a file; a relative one starts at the folder of this configuration",
        )
    return str(path)


def resolve(text: str, folder: object) -> Path:
    """The path that a text in the configuration means."""
    base = folder if isinstance(folder, Path) else Path()
    return base / Path(text).expanduser()


ExistingFile = Annotated[
    str, BeforeValidator(_existing), WithJsonSchema({"type": "string"}), Kind("path of a file")
]
"""The path of a file that exists, made absolute."""
