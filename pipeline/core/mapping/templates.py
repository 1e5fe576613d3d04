"""Texts with `{{placeholders}}` (reference: 2.3, `@template`)."""

import re
from collections.abc import Callable
from typing import Final

from pipeline.core.event import Json
from pipeline.core.javascript import UNDEFINED, WHITE_SPACE, text
from pipeline.core.mapping.node import MAX_TEXT, Build, Resolve, Value
from pipeline.core.mapping.paths import compile_path, look_up, split_path

DOUBLE: Final = re.compile(r"\{\{([^}]+)\}\}")
TRIPLE: Final = re.compile(r"\{\{\{([^}]+)\}\}\}")

Piece = str | Resolve


def placeholder_path(inside: str) -> str:
    """The path that a placeholder holds; unlike `@path` it keeps a leading `$.`."""
    return inside.strip(WHITE_SPACE)


def compile_template(template: str, build: Build) -> Callable[[Value], str]:
    """Fill a constant template.

    Text that `{{{x}}}` brings in is searched for `{{y}}` once more; what `{{x}}` brings in is not.
    """
    if not TRIPLE.search(template):
        return _filler(_pieces(template, DOUBLE), build)
    fill_triples = _filler(_pieces(template, TRIPLE), build)

    def resolve(payload: Value) -> str:
        return fill(fill_triples(payload), payload, build, (DOUBLE,))

    return resolve


def _pieces(template: str, pattern: re.Pattern[str]) -> list[Piece]:
    split = pattern.split(template)
    return [
        compile_path(split_path(placeholder_path(part))) if index % 2 else part
        for index, part in enumerate(split)
        if index % 2 or part
    ]


def _filler(pieces: list[Piece], build: Build) -> Callable[[Value], str]:
    if all(isinstance(piece, str) for piece in pieces):
        constant = "".join(map(str, pieces))
        return lambda _: constant

    def resolve(payload: Value) -> str:
        source = {} if payload is UNDEFINED else payload
        filled = "".join(
            [piece if isinstance(piece, str) else _shown(piece(source)) for piece in pieces],
        )
        if len(filled) > MAX_TEXT:
            raise build.too_long()
        return filled

    return resolve


def _shown(value: Value) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None or value is UNDEFINED else text(value)


def fill(
    template: str, payload: Value, build: Build, passes: tuple[re.Pattern[str], ...] = (TRIPLE, DOUBLE)
) -> str:
    """Fill a template that is known only with the event."""
    filled = template
    source: Json = {} if payload is UNDEFINED else payload
    for pattern in passes:
        if "{{" not in filled:
            break
        filled = _fill_once(filled, pattern, source, build)
    return filled


def _fill_once(template: str, pattern: re.Pattern[str], source: Json, build: Build) -> str:
    parts: list[str] = []
    room = MAX_TEXT
    end = 0
    for found in pattern.finditer(template):
        value = _shown(look_up(source, split_path(placeholder_path(found[1]))))
        room -= found.start() - end + len(value)
        if room < 0:
            raise build.too_long()
        parts += (template[end : found.start()], value)
        end = found.end()
    parts.append(template[end:])
    return "".join(parts)
