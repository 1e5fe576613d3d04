"""What a verb opens is for this machine alone, unless the user says otherwise."""

import ipaddress
from collections.abc import Iterator
from typing import Any

import typer
from typer.core import TyperGroup

from pipeline.cli.main import app

_ADDRESSES = {"host", "listen"}


def _defaults(group: TyperGroup) -> Iterator[tuple[str | None, Any]]:
    """Every verb that has an address to listen at, and what that is when nobody says."""
    for verb in group.commands.values():
        if isinstance(verb, TyperGroup):
            yield from _defaults(verb)
        else:
            yield from ((verb.name, option.default) for option in verb.params if option.name in _ADDRESSES)


def test_every_verb_that_listens_does_so_on_loopback() -> None:
    defaults = dict(_defaults(typer.main.get_group(app)))

    assert defaults.keys() == {"page", "sandbox"}
    for address in defaults.values():
        assert ipaddress.ip_address(address.partition(":")[0]).is_loopback
