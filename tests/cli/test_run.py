"""`run` before it connects: what it refuses."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli.exits import ExitCode
from pipeline.cli.main import app
from pipeline.config import tracing
from tests.support.configuration import ENVIRONMENT, MINIMAL


def test_traces_without_their_packages_are_refused_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracing, "find_spec", lambda _: None)
    file = tmp_path / "c.yaml"
    file.write_text(f"{MINIMAL}tracing: {{endpoint: 'http://localhost:4318/v1/traces'}}\n")
    result = CliRunner().invoke(app, ["run", "--config", str(file)], env=ENVIRONMENT)
    assert result.exit_code == ExitCode.USAGE
    assert result.stderr == f"{file}: tracing.endpoint {tracing.MISSING}: {tracing.INSTALL}\n"
