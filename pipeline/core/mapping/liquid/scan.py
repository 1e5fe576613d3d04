"""A Liquid template cut into text, outputs and tags."""

import re
from dataclasses import dataclass
from typing import Final

BLANKS: Final = (
    "\t\n\x0b\x0c\r \xa0\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_QUOTED: Final = r"\"(?:[^\"\\]|\\.)*+\"|'(?:[^'\\]|\\.)*+'"
_OUTPUT: Final = re.compile(rf"\{{\{{((?:{_QUOTED}|(?!\}}\}})[^\"'])*)\}}\}}", re.DOTALL)
_TAG: Final = re.compile(r"\{%(.*?)%\}", re.DOTALL)
_END_OF_RAW: Final = re.compile(rf"\{{%[{BLANKS}]*endraw[{BLANKS}]*%\}}")
_NAME: Final = re.compile(r"[a-z]+(?![A-Za-z0-9_?-]|[^\x00-\x7f])")


class LiquidRefusedError(Exception):
    """A template, or a part of it, that is not on the list of what is proven."""

    def __init__(self, message: str, hint: str, position: int) -> None:
        super().__init__(message)
        self.message, self.hint, self.position = message, hint, position


@dataclass(frozen=True, slots=True)
class Text:
    """Text that is printed as it stands."""

    content: str


@dataclass(frozen=True, slots=True)
class Output:
    """`{{ content }}`; `position` is where the content begins."""

    content: str
    position: int


@dataclass(frozen=True, slots=True)
class Tag:
    """`{% name content %}`; `start` is where the tag begins."""

    name: str
    content: str
    position: int
    start: int


Token = Text | Output | Tag


def scan(template: str) -> list[Token]:
    """Cut a template; a hyphen at a delimiter takes the blanks beside it away.

    Raises LiquidRefusedError.
    """
    tokens: list[Token] = []
    end, trims = 0, False
    while end < len(template):
        start = _next_opening(template, end)
        text = template[end:start].lstrip(BLANKS) if trims else template[end:start]
        if start == len(template):
            tokens.append(Text(text))
            break
        found = _delimited(template, start)
        inside = found[1]
        trims_left, trims = inside.startswith("-"), inside.endswith("-")
        tokens.append(Text(text.rstrip(BLANKS) if trims_left else text))
        token = _token(found, trims_left, trims)
        end = found.end()
        if isinstance(token, Tag) and token.name == "raw":
            token, end = _raw(template, token, end, is_trimmed=trims_left or trims)
        tokens.append(token)
    return tokens


def _next_opening(template: str, begin: int) -> int:
    places = [place for mark in ("{{", "{%") if (place := template.find(mark, begin)) >= 0]
    return min(places, default=len(template))


def _delimited(template: str, start: int) -> re.Match[str]:
    is_tag = template[start + 1] == "%"
    found = (_TAG if is_tag else _OUTPUT).match(template, start)
    if found is None:
        opened, closed = ("{%", "%}") if is_tag else ("{{", "}}")
        raise LiquidRefusedError(f"{opened} is not closed", f"add {closed}", start)
    return found


def _token(found: re.Match[str], trims_left: bool, trims_right: bool) -> Token:  # noqa: FBT001 (two of a kind)
    inside = found[1]
    content = inside[trims_left : len(inside) - trims_right if len(inside) > 1 else None]
    position = found.start(1) + trims_left + len(content) - len(content.lstrip(BLANKS))
    content = content.strip(BLANKS)
    if found[0].startswith("{{"):
        return Output(content, position)
    name = _NAME.match(content)
    if name is None:
        raise LiquidRefusedError("has a tag without a name", "write {% if … %}", found.start())
    rest = content[name.end() :]
    arguments = rest.lstrip(BLANKS)
    return Tag(name[0], arguments, position + name.end() + len(rest) - len(arguments), found.start())


def _raw(template: str, tag: Tag, begin: int, *, is_trimmed: bool) -> tuple[Text, int]:
    """The text up to the end of a raw block."""
    found = _END_OF_RAW.search(template, begin)
    if found is None or is_trimmed or tag.content or "endraw" in template[begin : found.start()]:
        raise LiquidRefusedError(
            "has a raw block that is not written plainly", "write {% raw %}…{% endraw %}", tag.start
        )
    return Text(template[begin : found.start()]), found.end()
