"""The directive `@liquid`."""

import re
from typing import Final

from pipeline.core.event import Json
from pipeline.core.mapping.allowance import TooLongError
from pipeline.core.mapping.liquid.expressions import Frame
from pipeline.core.mapping.liquid.filters import UnencodableError
from pipeline.core.mapping.liquid.render import Page, parse
from pipeline.core.mapping.node import Build, Node, Value, clean

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def compile_liquid(template: Json, build: Build) -> Node:
    """`@liquid`: a checked template; what it prints is the value."""
    render = parse(template)

    def resolve(payload: Value) -> Value:
        page = Page(build.allowance)
        try:
            render(Frame(payload, build.allowance), page)
        except TooLongError:
            raise build.too_long() from None
        except UnencodableError:
            raise build.failure("encodes half an emoji for a URL") from None
        return _joined(page.text())

    return clean(resolve, is_defined=True)


def _joined(text: str) -> str:
    """Halves of an emoji that came together become whole."""
    if text.isascii() or not _SURROGATE.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
