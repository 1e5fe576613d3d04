"""The section `admin`: on this machine alone unless told otherwise, and `off` is off."""

import pytest

from pipeline.config.problem import ConfigError
from tests.support.configuration import config


def test_nobody_else_sees_the_pages_unless_told_otherwise() -> None:
    assert config().admin.address == ("127.0.0.1", 9464)


@pytest.mark.parametrize(
    "written, address",
    [
        ("0.0.0.0:80", ("0.0.0.0", 80)),  # noqa: S104 (an example)
        ("'[::1]:0'", ("::1", 0)),
        ("localhost:9464", ("localhost", 9464)),
        ("off", None),
        ('"${PAGES}"', ("127.0.0.1", 1)),
    ],
)
def test_an_address_is_host_and_port(written: str, address: tuple[str, int] | None) -> None:
    assert config(f"admin: {{listen: {written}}}\n", PAGES="127.0.0.1:1").admin.address == address


@pytest.mark.parametrize("written", ["localhost", "9464", "::1:9464", "host:65536", "http://host:1", "false"])
def test_anything_else_is_a_mistake(written: str) -> None:
    with pytest.raises(ConfigError, match="is not host:port"):
        config(f"admin:\n  listen: {written}\n")
