"""The part of the compatibility page on `@liquid`: which tags and filters run, and which do not."""

from collections.abc import Iterable
from typing import Final

from pipeline.core.mapping.liquid.filters import FILTERS
from pipeline.core.mapping.liquid.render import TAGS

_SEGMENT_TAGS: Final = (
    "assign block break capture case comment continue cycle decrement echo for if include increment layout "
    "liquid raw render tablerow unless"
)
_SEGMENT_FILTERS: Final = (
    "abs append array_to_sentence_string at_least at_most base64_decode base64_encode capitalize ceil "
    "cgi_escape compact concat date date_to_long_string date_to_rfc822 date_to_string date_to_xmlschema "
    "default divided_by downcase escape escape_once find find_exp find_index find_index_exp first floor "
    "group_by group_by_exp has has_exp inspect join json jsonify last lstrip map minus modulo "
    "newline_to_br normalize_whitespace number_of_words plus pop prepend push raw reject reject_exp "
    "remove remove_first remove_last replace replace_first replace_last reverse round rstrip sample shift "
    "size slice slugify sort sort_natural split strip strip_html strip_newlines sum times to_integer "
    "truncate truncatewords type uniq unshift upcase uri_escape url_decode url_encode where where_exp "
    "xml_escape"
)
_DISABLED_IN_SEGMENT: Final = (
    "case for include layout render tablerow array_to_sentence_string concat find find_exp find_index "
    "find_index_exp group_by group_by_exp has has_exp map newline_to_br reject reject_exp reverse sort "
    "sort_natural type uniq where_exp"
)


def liquid_section() -> str:
    """What of Liquid runs here, what Segment has switched off too, and what is refused here only."""
    rows = [_row("tags", _SEGMENT_TAGS.split(), TAGS), _row("filters", _SEGMENT_FILTERS.split(), FILTERS)]
    head = "| | run here | refused here only | switched off in Segment too |\n| --- | --- | --- | --- |\n"
    told = (
        "`@liquid` loads with the tags and filters whose results the recorded cases prove equal. Any other\n"
        "one is refused when the configuration is loaded, with its position; Segment ignores a filter it\n"
        "does not know, and fails each event for one that it has switched off.\n"
    )
    return f"## What of Liquid runs\n\n{told}\n{head}{''.join(rows)}"


def _row(kind: str, segment: Iterable[str], run: Iterable[str]) -> str:
    here = set(run)
    disabled = set(_DISABLED_IN_SEGMENT.split())
    off = [name for name in segment if name in disabled]
    refused = [name for name in segment if name not in here | disabled]
    return f"| {kind} | {_code(here)} | {_code(refused)} | {_code(off)} |\n"


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))
