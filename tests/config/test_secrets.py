"""Secrets come from variables and files, and show up nowhere."""

import pickle
from pathlib import Path

import pytest

from pipeline.config.loader import parse_config
from pipeline.config.model import Config
from pipeline.config.problem import ConfigError
from tests.support.configuration import API_KEY, ENVIRONMENT, MINIMAL, config

LOGIN = """\
  security:
    protocol: SASL_SSL
    sasl: {mechanism: PLAIN, username: u, password: "${PASSWORD}"}
    tls: {key_file: key.pem, certificate_file: key.pem, key_password: "${PASSWORD}"}
"""


@pytest.fixture
def loaded(tmp_path: Path) -> Config:
    (tmp_path / "key.pem").write_text("pem")
    return config(LOGIN, folder=tmp_path, PASSWORD="canary-in-password")


def test_no_text_of_a_configuration_holds_a_secret(loaded: Config) -> None:
    texts = [repr(loaded), str(loaded), repr(loaded.kafka), str(loaded.destination)]
    texts += [loaded.kafka.model_dump_json(), loaded.destination.model_dump_json()]
    for text in texts:
        assert "canary" not in text
        assert API_KEY not in text


def test_the_secrets_are_there_for_those_who_ask(loaded: Config) -> None:
    sasl, tls = loaded.kafka.security.sasl, loaded.kafka.security.tls
    assert loaded.destination.api_key.get_secret_value() == API_KEY
    assert sasl is not None
    assert sasl.password is not None
    assert sasl.password.get_secret_value() == "canary-in-password"
    assert tls is not None
    assert tls.key_password is not None
    assert tls.key_password.get_secret_value() == "canary-in-password"


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_secret_from_a_file_is_taken_without_its_line_end(tmp_path: Path, ending: str) -> None:
    (tmp_path / "key").write_bytes(f"{API_KEY}{ending}".encode())
    text = MINIMAL.replace("api_key: ${KAMELEOON_API_KEY}", "api_key_file: key")
    found = parse_config(text, ENVIRONMENT, folder=tmp_path)
    assert found.destination.api_key.get_secret_value() == API_KEY
    assert found.warnings == ()


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"canary\xff", "not UTF-8"),
        (b"canary" * 20_000, "too long"),
        (b"canary-that-is-no-key", "not JSON in base64"),
        (b"canary\nsecond line", "no HTTP header"),
    ],
)
def test_a_file_without_a_usable_secret_is_told_at_its_key(
    tmp_path: Path, content: bytes, words: str
) -> None:
    (tmp_path / "key").write_bytes(content)
    text = MINIMAL.replace("api_key: ${KAMELEOON_API_KEY}", "api_key_file: key")
    with pytest.raises(ConfigError, match=words) as raised:
        parse_config(text, ENVIRONMENT, folder=tmp_path)
    assert [(problem.key, problem.line) for problem in raised.value.problems] == [
        ("destination.api_key_file", 2)
    ]
    assert "canary" not in str(raised.value)


def test_a_secret_in_clear_loads_with_a_warning() -> None:
    text = MINIMAL.replace("${KAMELEOON_API_KEY}", API_KEY)
    [warning] = parse_config(text, ENVIRONMENT).warnings
    assert warning.key == "destination.api_key"
    assert API_KEY not in str(warning)


def test_a_typing_mistake_in_the_key_of_a_secret_does_not_show_it() -> None:
    text = MINIMAL.replace("api_key: ${KAMELEOON_API_KEY}", "apikey: canary-in-clear")
    with pytest.raises(ConfigError) as raised:
        parse_config(text, ENVIRONMENT)
    assert "canary" not in str(raised.value) + repr(raised.value.problems)


def test_a_secret_behind_broken_yaml_does_not_show() -> None:
    text = MINIMAL.replace("api_key: ${KAMELEOON_API_KEY}", 'api_key: "canary-in-clear')
    with pytest.raises(ConfigError) as raised:
        parse_config(text, ENVIRONMENT)
    assert "canary" not in str(raised.value)


def test_sections_travel_to_other_processes(loaded: Config) -> None:
    assert pickle.loads(pickle.dumps(loaded.kafka)) == loaded.kafka  # noqa: S301 (our own bytes)


@pytest.mark.parametrize(
    "written", ["https://canary:canary@host/x", "http://canary@host/", "https://:canary@h"]
)
@pytest.mark.parametrize("is_variable", [True, False])
def test_a_password_in_the_endpoint_is_refused_and_not_shown(written: str, is_variable: bool) -> None:  # noqa: FBT001 (pytest gives it)
    endpoint = "${ENDPOINT}" if is_variable else f'"{written}"'
    with pytest.raises(ConfigError, match="user or a password") as raised:
        config(f"delivery:\n  endpoint: {endpoint}\n", ENDPOINT=written)
    assert "canary" not in str(raised.value) + repr(raised.value.problems)
