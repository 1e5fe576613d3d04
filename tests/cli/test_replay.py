"""What `replay` understands, without a broker."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli.exits import ExitCode
from pipeline.cli.main import app
from pipeline.cli.replay import _wanted
from pipeline.core.replay_selection import Wanted

NOW_MS = 1_795_428_000_000
NOON = "2026-11-22T12:00:00.000Z"


def test_conditions_are_read() -> None:
    found = _wanted(["refused"], ["A", "B"], ["m-1"], ("2026-11-22T12:00Z", None), NOW_MS)

    assert found == Wanted(frozenset({"refused"}), frozenset({"A", "B"}), frozenset({"m-1"}), NOON, None)


@pytest.mark.parametrize(
    "options, told",
    [
        (("--since", "yesterday"), "--since yesterday: write an instant"),
        (("--reason", "refussed"), "--reason refussed: there is no such reason code"),
        (("--config", "nowhere.yaml"), "nowhere.yaml"),
    ],
)
def test_what_is_not_understood_ends_the_command(options: tuple[str, ...], told: str, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        said = CliRunner().invoke(app, ["replay", *options])

    assert said.exit_code == ExitCode.USAGE
    assert told in said.stderr
