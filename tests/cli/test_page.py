"""The verb `page`: what it refuses before it asks a broker. The rest is tests/adapters/delivery_page's."""

import pytest
from typer.testing import CliRunner

from pipeline.cli.exits import ExitCode
from pipeline.cli.main import app


@pytest.mark.parametrize("listen", ["off", "8088", "localhost", "127.0.0.1:99999", ":8088", "a b:1", ""])
def test_an_address_that_is_none_is_refused(listen: str) -> None:
    result = CliRunner().invoke(app, ["page", "--bootstrap-servers", "127.0.0.1:1", "--listen", listen])

    assert result.exit_code == ExitCode.USAGE
    assert result.stderr == f"--listen {listen}: write host:port, such as 127.0.0.1:8088\n"


def test_a_time_that_is_none_is_refused() -> None:
    result = CliRunner().invoke(app, ["page", "--bootstrap-servers", "127.0.0.1:1", "--since", "soon"])

    assert result.exit_code == ExitCode.USAGE
    assert result.stderr.startswith("--since soon: write an instant")


@pytest.mark.parametrize("name", ["https://events.example.org", "events.example.org:80", "*", "", "a b"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    result = CliRunner().invoke(app, ["page", "--bootstrap-servers", "127.0.0.1:1", "--allowed-host", name])

    assert result.exit_code == ExitCode.USAGE
    assert result.stderr.startswith(f"--allowed-host {name}: write a name without scheme and port")
