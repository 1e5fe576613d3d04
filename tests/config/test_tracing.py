"""The section `tracing`: off unless asked for, and asked for with a place where a collector takes traces."""

from typing import Any

import pytest

from pipeline.config import laws, tracing
from pipeline.config.problem import ConfigError
from tests.support.configuration import config

COLLECTOR = "http://collector:4318/v1/traces"


def test_nothing_is_traced_unless_asked_for() -> None:
    assert not config().tracing.is_on
    assert not config("tracing: {sample_ratio: 0.5}\n").tracing.is_on
    assert not config('tracing: {endpoint: "off"}\n').tracing.is_on


@pytest.mark.parametrize("written, ratio", [("0", 0.0), ("1", 1.0), (".25", 0.25)])
def test_a_share_of_the_events_is_traced(written: str, ratio: float) -> None:
    found = config(f"tracing: {{endpoint: '{COLLECTOR}', sample_ratio: {written}}}\n")
    assert (found.tracing.is_on, found.tracing.sample_ratio, found.warnings) == (True, ratio, ())


@pytest.mark.parametrize(
    "written, words",
    [
        ("sample_ratio: 2", "sample_ratio"),
        ("sample_ratio: -0.1", "not a number from 0 to 1"),
        ("sample_ratio: 10%", "not a number from 0 to 1"),
        ("endpoint: collector:4318", "no address of an HTTP server"),
        ("endpoint: 'http://user:secret@collector/v1/traces'", "holds a user or a password"),
        ("endpoint: 'http://collector/v1/traces?key=1'", "no address of an HTTP server"),
        ("endpoint: 'ftp://collector/v1/traces'", "no address of an HTTP server"),
        ('service_name: "a\\nb"', "cannot be printed"),
        ("sampel_ratio: 1", "sample_ratio"),
    ],
)
def test_anything_else_is_a_mistake(written: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        config(f"tracing:\n  {written}\n")


@pytest.mark.parametrize("address", ["http://collector:4318", "https://collector/"])
def test_an_address_without_a_path_is_warned_of(address: str) -> None:
    (warning,) = config(f"tracing: {{endpoint: '{address}'}}\n").warnings
    assert warning.hint == f"write such as `{address.rstrip('/')}/v1/traces`"


def test_missing_packages_are_warned_of_where_traces_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(laws, "is_installed", lambda: False)
    (warning,) = config(f"tracing: {{endpoint: '{COLLECTOR}'}}\n").warnings
    assert (warning.key, warning.hint) == ("tracing.endpoint", tracing.INSTALL)
    assert config("tracing: {sample_ratio: 0.5}\n").warnings == ()


def test_packages_are_missing_where_any_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tracing.is_installed()

    def without_exporter(name: str) -> Any:
        return None if "exporter" in name else object()

    def without_any(name: str) -> Any:
        raise ModuleNotFoundError(name)

    for found in (without_exporter, without_any):
        monkeypatch.setattr(tracing, "find_spec", found)
        assert not tracing.is_installed()
