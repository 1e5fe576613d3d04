"""Times as options take them."""

import pytest
import typer
from typer.testing import CliRunner

from pipeline.cli.exits import ExitCode
from pipeline.cli.instants import instant_ms
from pipeline.cli.main import app
from pipeline.core.utc import utc_text

NOW_MS = 1_795_428_000_000
NOON = "2026-11-22T12:00:00.000Z"


@pytest.mark.parametrize(
    "written, meant",
    [
        ("2026-11-22T12:00Z", NOON),
        ("2026-11-22T12:00:00", NOON),
        ("2026-11-22T13:00:00+01:00", NOON),
        ("2026-11-22", "2026-11-22T00:00:00.000Z"),
        ("2h", "2026-11-23T08:00:00.000Z"),
        ("90m ago", "2026-11-23T08:30:00.000Z"),
        ("3d", "2026-11-20T10:00:00.000Z"),
        ("1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00.000Z"),
        ("99999d", "1970-01-01T00:00:00.000Z"),
        (f"{'9' * 400}d", "1970-01-01T00:00:00.000Z"),
    ],
)
def test_an_instant_or_a_time_ago(written: str, meant: str) -> None:
    found = instant_ms("--since", written, NOW_MS)

    assert found is not None
    assert utc_text(found) == meant


def test_an_option_that_was_not_given_is_no_time() -> None:
    assert instant_ms("--since", None, NOW_MS) is None


@pytest.mark.parametrize("written", ["yesterday", "2h later", "2", "-2h", "", "2026-13-01", "9" * 20])
def test_what_is_neither_ends_the_command(written: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        instant_ms("--until", written, NOW_MS)

    assert ended.value.exit_code == ExitCode.USAGE
    assert capsys.readouterr().err == (
        f"--until {written}: write an instant, as 2026-11-22T08:00Z, or how long ago, as 90m, 2h or 3d\n"
    )


def test_reconcile_takes_them_too() -> None:
    servers = ["--bootstrap-servers", "localhost:1", "--pipeline", "p"]
    said = CliRunner().invoke(app, ["reconcile", *servers, "--since", "2h", "--until", "yesterday"])

    assert said.exit_code == ExitCode.USAGE
    assert said.stderr.startswith("--until yesterday: write an instant")
