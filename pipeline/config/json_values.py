"""From texts to JSON values, for the `fields` of a mapping: the one part of the file that is typed.

Where YAML's versions read a word differently, it is refused rather than guessed.
"""

import math
import re
from typing import Any, Final

from pipeline.config.problem import Path
from pipeline.config.report import Report
from pipeline.config.scalar import Text

_INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)", re.ASCII)
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_ODD_NUMBER: Final = re.compile(
    r"[-+]?(?:0[0-9_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|0b[01_]+|[0-9][0-9_]*_[0-9_]*|\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))",
    re.ASCII,
)
_FLAGS: Final = {"true": True, "false": False}
_SWITCHES: Final = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_MOST_DIGITS: Final = 4000


def json_value(data: Any, path: Path, report: Report) -> Any:
    """The JSON value of what the file has at `path`; what cannot be one goes into the report."""
    if isinstance(data, dict):
        return {key: json_value(value, (*path, key), report) for key, value in data.items()}
    if isinstance(data, list):
        return [json_value(value, (*path, index), report) for index, value in enumerate(data)]
    if isinstance(data, Text):
        return _scalar(data, path, report)
    return data


def _scalar(text: Text, path: Path, report: Report) -> Any:
    if not text.plain or text.variables:
        return str(text)
    folded = text.lower()
    if folded in _FLAGS:
        return _FLAGS[folded]
    if folded in _SWITCHES:
        hint = f'write `{_SWITCHES[folded]}`, or `"{text}"` for text'
        report.error(path, f"`{text}` is text to some readers of YAML and a truth value to others", hint)
        return None
    if _INTEGER.fullmatch(text) and len(text) < _MOST_DIGITS:
        return int(text)
    if _ODD_NUMBER.fullmatch(text):
        report.error(path, f"`{text}` is no JSON number", f'write `"{text}"` for text, or a plain number')
        return None
    if _FLOAT.fullmatch(text):
        return _float(text, path, report)
    return str(text)


def _float(text: Text, path: Path, report: Report) -> float | None:
    number = float(text)
    if math.isfinite(number):
        return number
    report.error(path, "the number is too large", "write a smaller one, or put it in quotes for text")
    return None
