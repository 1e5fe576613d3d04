"""Every mistake is told, all in one go, each with file, line, column, key and what to write instead."""

from pathlib import Path
from typing import Final

import pytest

from pipeline.config.loader import load_config
from pipeline.config.problem import ConfigError, ConfigFileError, Severity, key_path
from tests.support.configuration import API_KEY, ENVIRONMENT, MINIMAL, config

HERE: Final = Path(__file__).parent
CASE_ENVIRONMENT: Final = ENVIRONMENT | {
    "EMPTY": "",
    "CANARY": "canary-in-environment",
    "PLAIN_NUMBER": "10",
    "ORDER_EVENT": "Order Completed",
}
INVALID: Final = sorted((HERE / "invalid").glob("*.yaml"))
PLACES: Final = sorted((HERE / "places").glob("*.yaml"))


def problems_of(case: Path, monkeypatch: pytest.MonkeyPatch) -> ConfigError:
    monkeypatch.chdir(case.parent)
    with pytest.raises(ConfigError) as raised:
        load_config(case.name, CASE_ENVIRONMENT)
    return raised.value


@pytest.mark.parametrize("case", INVALID, ids=lambda case: case.stem)
def test_a_broken_configuration_is_told_word_for_word(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error = problems_of(case, monkeypatch)
    assert f"{error}\n" == case.with_suffix(".expected").read_text()
    assert any(problem.severity is Severity.ERROR for problem in error.problems)


@pytest.mark.parametrize("case", INVALID, ids=lambda case: case.stem)
def test_every_problem_has_a_place_and_a_hint_and_no_secret(
    case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = problems_of(case, monkeypatch)
    for problem in error.problems:
        assert problem.file == case.name
        assert problem.line >= 1
        assert problem.column >= 1
        assert problem.hint
    assert "canary" not in repr(error) + str(error)
    assert API_KEY not in str(error)


@pytest.mark.parametrize("case", PLACES, ids=lambda case: case.stem)
def test_mistakes_inside_mappings_stand_where_the_file_has_them(
    case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = problems_of(case, monkeypatch)
    found = [f"{problem.line}:{problem.column} {problem.key}" for problem in error.problems]
    assert found == case.with_suffix(".expected").read_text().splitlines()


def test_no_case_lacks_its_other_half() -> None:
    for folder in (HERE / "invalid", HERE / "places"):
        assert {path.stem for path in folder.glob("*.yaml")} == {
            path.stem for path in folder.glob("*.expected")
        }


def test_a_file_that_is_missing_or_a_folder_is_an_error_of_its_own(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(ConfigFileError, match="cannot be read"):
            load_config(path, ENVIRONMENT)


def test_an_anchor_that_multiplies_itself_ends() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 8)
    )
    with pytest.raises(ConfigError) as raised:
        config(bomb)
    assert any("over and over" in problem.message for problem in raised.value.problems)


@pytest.mark.parametrize("levels", [101, 300, 400, 5000])
def test_deep_nesting_is_told_and_does_not_crash(levels: int) -> None:
    with pytest.raises(ConfigError, match="nested too deeply"):
        config(f"decode: {'[' * levels}{']' * levels}\n")


@pytest.mark.parametrize("name", ['"a\\0b"', "~nobody-of-this-name/x", "'" + "x" * 5000 + "'"])
def test_a_name_that_no_file_can_have_is_told(name: str) -> None:
    tls = f"{{ca_file: {name}, key_password_file: {name}}}"
    with pytest.raises(ConfigError) as raised:
        config(f"  security:\n    protocol: SSL\n    tls: {tls}\n")
    assert [problem.key.rpartition(".")[2] for problem in raised.value.problems] == [
        "ca_file",
        "key_password_file",
    ]


def test_warnings_alone_do_not_keep_a_configuration_from_loading() -> None:
    loaded = config("delivery:\n  max_in_flight_events: 3\n")
    assert [(problem.severity, problem.key) for problem in loaded.warnings] == [
        (Severity.WARNING, "delivery.max_in_flight_events")
    ]


def test_a_mapping_that_erases_the_visitor_code_is_warned_of() -> None:
    rest = "mappings:\n  - preset: page-calls\n    fields:\n      kameleoonVisitorCode: null\n"
    [warning] = config(rest).warnings
    assert (warning.key, warning.line) == (
        "mappings[0].fields.kameleoonVisitorCode",
        MINIMAL.count("\n") + 4,
    )


def test_a_key_path_reads_like_the_file() -> None:
    assert key_path(("mappings", 1, "fields", "a.b", "@path")) == 'mappings[1].fields["a.b"].@path'
