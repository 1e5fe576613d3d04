"""The section `admin`: where a worker shows its metrics and its health."""

import re
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, WithJsonSchema

from pipeline.config.scalar import quoted
from pipeline.config.section import Section
from pipeline.config.values import Kind, as_text, mistake

OFF: Final = "off"

_ADDRESS: Final = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})", re.ASCII)
HIGHEST_PORT: Final = 65535


def _listen(value: object) -> object:
    text = as_text(value)
    if not isinstance(text, str) or text == OFF:
        return text
    found = _ADDRESS.fullmatch(text)
    if found is None or int(found[2]) > HIGHEST_PORT:
        raise mistake(f"{quoted(value)} is not host:port", "write such as `127.0.0.1:9464`, or `off`")
    return text


Listen = Annotated[
    str, BeforeValidator(_listen), WithJsonSchema({"type": "string"}), Kind("host:port or off")
]


class Admin(Section):
    """Where a worker shows its metrics and its health."""

    listen: Listen = Field(
        default="127.0.0.1:9464",
        description="Address of the pages `/metrics`, `/live` and `/ready`, and of `tap`; port 0: any free "
        "one, which the log tells; `off`: none. They ask for no password, and `tap` answers this machine "
        "alone: leave other addresses than this machine's own to networks that you trust.",
        examples=["0.0.0.0:9464"],
    )

    @property
    def address(self) -> tuple[str, int] | None:
        """Host and port, or None when nothing is to be shown."""
        if self.listen == OFF:
            return None
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)
