"""Texts with `{{placeholders}}` (reference: 2.3, `@template`)."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from pipeline.core.event import Json
from pipeline.core.javascript import UNDEFINED, WHITE_SPACE, text
from pipeline.core.mapping.node import Build, Resolve, Value
from pipeline.core.mapping.paths import compile_path, look_up, split_path

DOUBLE: Final = 2
TRIPLE: Final = 3
"""How many braces stand on each side of a placeholder."""

MAX_PLACEHOLDERS: Final = 1000
"""Placeholders that a template may have that an event brings along."""

Piece = str | Resolve


class Placeholder(NamedTuple):
    """A placeholder in a text: where it begins and ends, braces included, and what they hold."""

    start: int
    end: int
    inside: str


def placeholders(template: str, braces: int) -> Iterator[Placeholder]:
    """What `{{([^}]+)}}` finds, or the same with three braces, in one pass over the text."""
    opening, closing = "{" * braces, "}" * braces
    start = template.find(opening)
    while start >= 0:
        inner = start + braces
        end = template.find("}", inner)
        if end < 0:
            return
        behind = end + 1
        if end > inner and template.startswith(closing, end):
            behind = end + braces
            yield Placeholder(start, behind, template[inner:end])
        start = template.find(opening, behind)


def without_placeholders(template: str, braces: int) -> str:
    """The text around the placeholders."""
    return "".join(piece for index, piece in enumerate(_split(template, braces)) if not index % 2)


def _split(template: str, braces: int) -> Iterator[str]:
    """Text and the insides of placeholders, in turn."""
    end = 0
    for found in placeholders(template, braces):
        yield template[end : found.start]
        yield found.inside
        end = found.end
    yield template[end:]


def placeholder_path(inside: str) -> str:
    """The path that a placeholder holds; unlike `@path` it keeps a leading `$.`."""
    return inside.strip(WHITE_SPACE)


def compile_template(template: str, build: Build) -> Callable[[Value], str]:
    """Fill a constant template.

    Text that `{{{x}}}` brings in is searched for `{{y}}` once more; what `{{x}}` brings in is not.
    """
    if next(placeholders(template, TRIPLE), None) is None:
        return _filler(_pieces(template, DOUBLE), build)
    fill_triples = _filler(_pieces(template, TRIPLE), build)

    def resolve(payload: Value) -> str:
        return fill(fill_triples(payload), payload, build, (DOUBLE,))

    return resolve


def _pieces(template: str, braces: int) -> list[Piece]:
    return [
        compile_path(split_path(placeholder_path(part))) if index % 2 else part
        for index, part in enumerate(_split(template, braces))
        if index % 2 or part
    ]


def _filler(pieces: list[Piece], build: Build) -> Callable[[Value], str]:
    if all(isinstance(piece, str) for piece in pieces):
        constant = "".join(map(str, pieces))
        return lambda _: constant

    def resolve(payload: Value) -> str:
        source = {} if payload is UNDEFINED else payload
        parts = [piece if isinstance(piece, str) else _shown(piece(source)) for piece in pieces]
        build.spend(sum(map(len, parts)))
        return "".join(parts)

    return resolve


def _shown(value: Value) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None or value is UNDEFINED else text(value)


def fill(template: str, payload: Value, build: Build, passes: tuple[int, ...] = (TRIPLE, DOUBLE)) -> str:
    """Fill a template that is known only with the event."""
    filled = template
    source: Json = {} if payload is UNDEFINED else payload
    for braces in passes:
        if "{{" not in filled:
            break
        filled = _fill_once(filled, braces, source, build)
    return filled


def _fill_once(template: str, braces: int, source: Json, build: Build) -> str:
    parts: list[str] = []
    end = 0
    for count, found in enumerate(placeholders(template, braces)):
        if count == MAX_PLACEHOLDERS:
            raise build.failure(
                f"fills a template of the event with more than {MAX_PLACEHOLDERS} placeholders"
            )
        value = _shown(look_up(source, split_path(placeholder_path(found.inside))))
        build.spend(found.start - end + len(value))
        parts += (template[end : found.start], value)
        end = found.end
    parts.append(template[end:])
    return "".join(parts)
