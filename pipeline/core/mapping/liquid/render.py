"""Liquid's tags: from tokens to what renders them."""

from collections.abc import Callable
from typing import Final

from pipeline.core.mapping.allowance import Allowance
from pipeline.core.mapping.liquid.expressions import Evaluate, Frame, read_filtered
from pipeline.core.mapping.liquid.reader import Reader
from pipeline.core.mapping.liquid.scan import LiquidRefusedError, Output, Tag, Text, Token, scan
from pipeline.core.mapping.liquid.values import is_true, shown


class Page:
    """The text rendered so far."""

    def __init__(self, allowance: Allowance) -> None:
        self._parts: list[str] = []
        self._allowance = allowance

    def write(self, text: str) -> None:
        """Append. Raises TooLongError."""
        self._allowance.take(len(text))
        self._parts.append(text)

    def text(self) -> str:
        """The whole."""
        return "".join(self._parts)


Render = Callable[[Frame, Page], None]

TAGS: Final = ("assign", "capture", "comment", "if", "raw", "unless")
_INSIDE: Final = ("elsif", "else", "endif", "endunless", "endcapture", "endcomment", "endraw")


def parse(template: str) -> Render:
    """Compile a template. Raises LiquidRefusedError."""
    return _Parser(scan(template)).block(None)


class _Parser:
    """Goes through the tokens once; a block takes its own up to its end."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._next = 0

    def block(self, opening: Tag | None, *ends: str) -> Render:
        """Statements up to one of the tags in `ends`, which stays to be taken."""
        statements: list[Render] = []
        while self._next < len(self._tokens):
            token = self._tokens[self._next]
            if isinstance(token, Tag) and token.name in ends:
                break
            self._next += 1
            statements.append(self._statement(token))
        else:
            if opening is not None:
                raise LiquidRefusedError(
                    f"the tag {opening.name} is not closed", f"add {{% end{opening.name} %}}", opening.start
                )
        return _sequence(statements)

    def _take_end(self, opening: Tag) -> Tag:
        """The tag that `block` stopped at."""
        token = self._tokens[self._next]
        self._next += 1
        return token if isinstance(token, Tag) else opening

    def _statement(self, token: Token) -> Render:
        match token:
            case Text():
                return _printing(lambda _: token.content)
            case Output():
                evaluate = read_filtered(Reader(token.content, token.position))
                return _printing(lambda frame: shown(evaluate(frame)))
            case Tag():
                return self._tag(token)

    def _tag(self, tag: Tag) -> Render:
        match tag.name:
            case "assign":
                return _assignment(tag)
            case "capture":
                return self._capture(tag)
            case "comment":
                return self._comment(tag)
            case "if" | "unless":
                return self._choice(tag)
            case name if name in _INSIDE:
                raise LiquidRefusedError(f"the tag {name} closes nothing", "take it out", tag.start)
            case name:
                hint = f"use one of: {', '.join(TAGS)}"
                raise LiquidRefusedError(f"uses the tag {name}, which is not run here", hint, tag.start)

    def _capture(self, tag: Tag) -> Render:
        name = _variable_name(Reader(tag.content, tag.position), tag)
        body = self.block(tag, "endcapture")
        end = self._take_end(tag)
        if end.content:
            raise LiquidRefusedError(f"the tag {end.name} has something in it", "take it out", end.start)

        def render(frame: Frame, _: Page) -> None:
            page = Page(frame.allowance)
            body(frame, page)
            frame.variables[name] = page.text()

        return render

    def _comment(self, tag: Tag) -> Render:
        for token in self._tokens[self._next :]:
            self._next += 1
            if isinstance(token, Tag) and token.name in {"endcomment", "comment"}:
                if token.name == "comment" or token.content or tag.content:
                    break
                return lambda _frame, _page: None
        raise LiquidRefusedError(
            "has a comment that is not written plainly", "write {% comment %}…{% endcomment %}", tag.start
        )

    def _choice(self, tag: Tag) -> Render:
        """`if` and `unless` with their branches; `unless` turns its first condition round."""
        is_turned = tag.name == "unless"
        branches: list[tuple[Evaluate, bool, Render]] = []
        condition: Tag = tag
        while condition.name in {"if", "unless", "elsif"}:
            evaluate = read_filtered(Reader(condition.content, condition.position))
            body = self.block(tag, "elsif", "else", f"end{tag.name}")
            branches.append((evaluate, is_turned and condition is tag, body))
            condition = self._take_end(tag)
        otherwise = _sequence([])
        if condition.name == "else":
            otherwise = self.block(tag, "elsif", "else", f"end{tag.name}")
            end = self._take_end(tag)
            if end.name != f"end{tag.name}" or condition.content:
                raise LiquidRefusedError(
                    "has more than a plain else", "write one {% else %}, last", condition.start
                )
            condition = end
        if condition.content:
            raise LiquidRefusedError(
                f"the tag {condition.name} has something in it", "take it out", condition.start
            )
        return _branching(branches, otherwise)


def _sequence(statements: list[Render]) -> Render:
    def render(frame: Frame, page: Page) -> None:
        for statement in statements:
            statement(frame, page)

    return render


def _printing(show: Callable[[Frame], str]) -> Render:
    return lambda frame, page: page.write(show(frame))


def _branching(branches: list[tuple[Evaluate, bool, Render]], otherwise: Render) -> Render:
    def render(frame: Frame, page: Page) -> None:
        for condition, is_turned, body in branches:
            if is_true(condition(frame)) is not is_turned:
                body(frame, page)
                return
        otherwise(frame, page)

    return render


def _variable_name(reader: Reader, tag: Tag) -> str:
    name = reader.next_token("the name of a variable")["name"]
    if name is None:
        raise LiquidRefusedError(f"the tag {tag.name} names no variable", "write a plain name", tag.start)
    if tag.name == "capture" and not reader.is_at_end():
        raise reader.refuse("has something after the name")
    return name


def _assignment(tag: Tag) -> Render:
    reader = Reader(tag.content, tag.position)
    name = _variable_name(reader, tag)
    if not reader.takes_equals():
        raise reader.refuse("has no = after the name")
    evaluate = read_filtered(reader)

    def render(frame: Frame, _: Page) -> None:
        frame.variables[name] = evaluate(frame)

    return render
