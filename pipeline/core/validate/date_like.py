"""The format `date-like` of datetime fields; no action has such a field today.

The reference hands what is not a plain number to a lenient date parser. Here: digits in
the order year, month, day, hour, minute, second with the usual separators, or a date with
an English month name.
"""

import re
from typing import Final

from pipeline.core.javascript import number, number_text

_DIGITS_IN_ORDER: Final = re.compile(
    r"[0-9]{4}[-/]?(?:[0-9]{1,2})?[-/]?[0-9]{0,2}[Tt\s]*"
    r"(?:[0-9]{1,2})?:?(?:[0-9]{1,2})?:?(?:[0-9]{1,2})?(?:[.:]?[0-9]+)?"
    r"(?:[zZ]|[+-][0-9]{2}:?[0-9]{2})?"
)
_MONTH: Final = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_WITH_MONTH_NAME: Final = re.compile(
    rf"(?:[a-z]+,?\s+)?(?:{_MONTH}\.?\s+[0-9]{{1,2}}|[0-9]{{1,2}}\s+{_MONTH}\.?),?\s+[0-9]{{4}}"
    r"(?:\s+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:\s*(?:gmt|utc|z))?)?",
    re.IGNORECASE,
)


def is_date_like(value: str) -> bool:
    """Whether a text is a number written plainly, or reads as a date."""
    if number_text(number(value)) == value:
        return value not in {"NaN", "Infinity", "-Infinity"}
    return any(shape.fullmatch(value) for shape in (_DIGITS_IN_ORDER, _WITH_MONTH_NAME))
