"""The kinds of value a key may hold: how each is written, read and described.

Every scalar arrives as the text of the file; each kind reads that text itself, so YAML's own
guesses (`on`, `0123456789`, `12:30`) never count.
"""

import difflib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, SecretStr, WithJsonSchema
from pydantic_core import PydanticCustomError

from pipeline.config.scalar import Text, quoted

VARIABLE_PATTERN: Final = r"\$\{"
"""An editor cannot know what `${NAME}` will hold: wherever a value may stand, so may a variable."""

_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES: Final = {
    "B": 1,
    "kB": 1000,
    "KB": 1000,
    "KiB": 1024,
    "MB": 1000**2,
    "MiB": 1024**2,
    "GB": 1000**3,
    "GiB": 1024**3,
}
_DURATION: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)", re.ASCII)
_SIZE: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(B|kB|KB|KiB|MB|MiB|GB|GiB)", re.ASCII)
_SHARE: Final = re.compile(r"[01](?:\.[0-9]{1,9})?|\.[0-9]{1,9}", re.ASCII)
_WHOLE: Final = re.compile(r"-?[0-9]{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Kind:
    """How the generated document names a kind of value."""

    name: str


def mistake(message: str, hint: str = "") -> PydanticCustomError:
    """A value that cannot stand there: what is wrong, and what to write instead."""
    return PydanticCustomError("mistake", "{message}", {"message": message, "hint": hint})


def as_text(value: object) -> object:
    """The text of a scalar, whatever YAML would have made of it."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dict | list):
        raise mistake(f"is {_shape(value)} where text is meant", "write one value behind the colon")
    return value


def _shape(value: object) -> str:
    return "a list" if isinstance(value, list) else "a group of keys"


def _non_empty(value: object) -> object:
    text = as_text(value)
    if text == "":
        raise mistake("is empty", "write a value, or delete the line")
    return text


def _printable(value: object) -> object:
    """Names travel into requests, logs and commands to copy: none may begin a line of its own."""
    text = _non_empty(value)
    if isinstance(text, str) and not text.isprintable():
        raise mistake("holds a character that cannot be printed, such as a line break", "delete it")
    return text


def _duration(value: object) -> object:
    if not isinstance(value, str):
        return as_text(value)
    found = _DURATION.fullmatch(value)
    if found is None:
        raise mistake(f"{quoted(value)} is not a duration", _duration_hint(value))
    return float(found[1]) * _SECONDS[found[2]]


def _duration_hint(value: str) -> str:
    if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", value) and not _from_environment(value):
        return f"a duration needs its unit: write `{value}s` for seconds or `{value}ms` for milliseconds"
    return "write a number and a unit without a space between them, such as `500ms`, `10s`, `2m`, `1h`"


def _from_environment(value: str) -> bool:
    return isinstance(value, Text) and bool(value.variables)


def _size(value: object) -> object:
    if not isinstance(value, str):
        return as_text(value)
    if _WHOLE.fullmatch(value):
        return int(value)
    found = _SIZE.fullmatch(value)
    count = float(found[1]) * _BYTES[found[2]] if found else math.inf
    if not math.isfinite(count):
        raise mistake(f"{quoted(value)} is not a size", "write bytes, such as `1048576`, `64KiB`, `1MB`")
    return math.floor(count)


def _whole(value: object) -> object:
    if not isinstance(value, str):
        return as_text(value)
    if not _WHOLE.fullmatch(value):
        raise mistake(f"{quoted(value)} is not a whole number", "write digits only, such as `64`")
    return int(value)


def _share(value: object) -> object:
    if not isinstance(value, str):
        return as_text(value)
    if not _SHARE.fullmatch(value):
        raise mistake(f"{quoted(value)} is not a number from 0 to 1", "write it with a point, such as `0.9`")
    return float(value)


def _flag(value: object) -> object:
    if not isinstance(value, str):
        return as_text(value)
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    guess = "true" if value.lower() in ("yes", "on", "y", "1") else "false"
    raise mistake(f"{quoted(value)} is neither true nor false", f"write `{guess}`")


def one_of(*choices: str) -> Callable[[object], object]:
    """A reader of a word from a closed set."""

    def read(value: object) -> object:
        text = as_text(value)
        if text in choices:
            return text
        listed = " or ".join(f"`{choice}`" for choice in choices)
        raise mistake(f"{quoted(value)} is not known here", f"{_nearest(str(text), choices)}write {listed}")

    return read


def _nearest(text: str, choices: tuple[str, ...]) -> str:
    folded = {choice.lower(): choice for choice in choices}
    near = difflib.get_close_matches(text.lower(), folded, n=1)
    return f"did you mean `{folded[near[0]]}`? " if near else ""


def _or_variable(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "string", "pattern": VARIABLE_PATTERN}]}


def _text_like(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": rf"^(?:{pattern})$|{VARIABLE_PATTERN}"}


Word = Annotated[str, BeforeValidator(_non_empty), WithJsonSchema({"type": "string"}), Kind("text")]
Name = Annotated[str, BeforeValidator(_printable), WithJsonSchema({"type": "string"}), Kind("text")]
FileName = Annotated[
    str, BeforeValidator(_non_empty), WithJsonSchema({"type": "string"}), Kind("path of a file")
]
Secret = Annotated[
    SecretStr,
    BeforeValidator(_non_empty),
    WithJsonSchema({"type": "string", "writeOnly": True}),
    Kind("secret"),
]
Flag = Annotated[
    bool, BeforeValidator(_flag), WithJsonSchema(_or_variable({"type": "boolean"})), Kind("true or false")
]
Duration = Annotated[
    float,
    BeforeValidator(_duration),
    WithJsonSchema(_text_like(_DURATION.pattern)),
    Kind("duration"),
]
Size = Annotated[
    int,
    BeforeValidator(_size),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, _text_like(_SIZE.pattern)]}),
    Kind("size"),
]
Share = Annotated[
    float,
    BeforeValidator(_share),
    WithJsonSchema(_or_variable({"type": "number", "exclusiveMinimum": 0, "maximum": 1})),
    Kind("number from 0 to 1"),
]
Ratio = Annotated[
    float,
    BeforeValidator(_share),
    WithJsonSchema(_or_variable({"type": "number", "minimum": 0, "maximum": 1})),
    Kind("number"),
]
Whole = Annotated[int, BeforeValidator(_whole), Kind("whole number")]


def written_duration(seconds: float) -> str:
    """`0.5` as `500ms`, `120.0` as `2m`: the way the file writes it."""
    for unit in ("d", "h", "m", "s"):
        count = seconds / _SECONDS[unit]
        if count >= 1 and count == int(count):
            return f"{int(count)}{unit}"
    if seconds and seconds * 1000 == round(seconds * 1000):
        return f"{round(seconds * 1000)}ms"
    return f"{seconds:g}s"


def written_size(count: int) -> str:
    """`1048576` as `1MiB`, `64000000` as `64MB`: the way the file writes it."""
    for unit in ("GiB", "GB", "MiB", "MB", "KiB", "kB"):
        if count and count % _BYTES[unit] == 0:
            return f"{count // _BYTES[unit]}{unit}"
    return str(count)
