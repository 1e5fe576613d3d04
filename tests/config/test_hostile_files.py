"""Files and variables that mean harm: told in bounded time, and never waited for."""

import os
import time
from pathlib import Path

import pytest

from pipeline.config.loader import MOST_BYTES, load_config, parse_config
from pipeline.config.problem import ConfigError, ConfigFileError
from tests.support.configuration import ENVIRONMENT, MINIMAL

KEY_IN_FILE = MINIMAL.replace("api_key: ${KAMELEOON_API_KEY}", "api_key_file: key")
LONGEST_S = 10.0


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _itself(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize(
    "make, words",
    [
        (_pipe, "not a regular file"),
        (_device, "not a regular file"),
        (Path.mkdir, "is a directory"),
        (_itself, "symbolic links"),
    ],
)
def test_a_secret_is_read_from_a_file_only(tmp_path: Path, make: object, words: str) -> None:
    """A pipe that nobody writes would be waited for without end."""
    assert callable(make)
    make(tmp_path / "key")
    with pytest.raises(ConfigError, match=words):
        parse_config(KEY_IN_FILE, ENVIRONMENT, folder=tmp_path)


def test_a_certificate_is_read_from_a_file_only(tmp_path: Path) -> None:
    _pipe(tmp_path / "ca.pem")
    security = "  security: {protocol: SSL, tls: {ca_file: ca.pem}}\n"
    with pytest.raises(ConfigError, match="not a regular file"):
        parse_config(MINIMAL + security, ENVIRONMENT, folder=tmp_path)


@pytest.mark.parametrize("name", ["key\0", "k" * 5000, "\n"])
def test_a_name_that_no_file_can_have_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        parse_config(
            KEY_IN_FILE.replace("_file: key", "_file: ${NAME}"), ENVIRONMENT | {"NAME": name}, folder=tmp_path
        )


def test_a_configuration_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "endless.yaml").symlink_to("/dev/zero")
    with pytest.raises(ConfigError, match="longer than 1 MiB"):
        load_config(tmp_path / "endless.yaml", ENVIRONMENT)
    (tmp_path / "long.yaml").write_bytes(MINIMAL.encode() + b"#" * (MOST_BYTES - len(MINIMAL)))
    assert load_config(tmp_path / "long.yaml", ENVIRONMENT).warnings == ()


def test_a_configuration_whose_name_cannot_be_is_told() -> None:
    with pytest.raises(ConfigFileError, match="no file can have this name"):
        load_config("a\0b", ENVIRONMENT)


_UNKNOWN_FIELDS = ", ".join(f"f{n}: '${{KAMELEOON_SITECODE}}'" for n in range(100))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "a: &a [x]\n"
            + "".join(
                f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)
            ),
            id="a billion laughs",
        ),
        pytest.param("a: &a {b: *a}\n", id="an anchor in itself"),
        pytest.param("<<: [" + "*a," * 5000 + "]\n", id="aliases without anchors"),
        pytest.param("a: &a {k: v}\n" + "b:\n" + "  <<: *a\n" * 5000, id="many merges"),
        pytest.param("[" * 50_000, id="lists, never closed"),
        pytest.param("{" * 50_000, id="groups, never closed"),
        pytest.param("- " * 100_000, id="lists in lists"),
        pytest.param("? " * 50_000, id="keys of keys"),
        pytest.param("a: " + "9" * 500_000, id="one number"),
        pytest.param("kafka: {" + ",".join(f"k{n}: v" for n in range(1_000)) + "}", id="unknown keys"),
        pytest.param("a: v\n" * 20_000, id="the same key"),
        pytest.param("a: |\n" + " x\n" * 100_000, id="lines"),
        pytest.param("a: '" + "${X" * 50_000 + "'", id="variables, never closed"),
        pytest.param("a: '" + "${}" * 100_000 + "'", id="variables without names"),
        pytest.param("a: |\n" + " ${NOBODY}\n" * 30_000, id="variables that are not set"),
        pytest.param(
            MINIMAL
            + "mappings:\n"
            + "".join(
                f"- {{preset: track-calls, name: m{n}, fields: {{{_UNKNOWN_FIELDS}}}}}\n" for n in range(50)
            ),
            id="unknown fields filled in",
        ),
        pytest.param("!!python/object/apply:os.system ['true']", id="a call"),
        pytest.param("a: !!binary " + "A" * 100_000, id="binary"),
        pytest.param("%YAML 9.9\n---\na: b", id="another version"),
    ],
)
def test_a_bomb_is_a_mistake_told_in_bounded_time(text: str) -> None:
    began_s = time.process_time()
    with pytest.raises(ConfigError):
        parse_config(text, ENVIRONMENT)
    assert time.process_time() - began_s < LONGEST_S


HOSTILE = (
    "a\nb: c",
    "\r\nx: y",
    "\0",
    "\x1b[2J",
    "\ud800",
    "\u2028",
    "x" * 100_000,
    "9" * 5000,
    "9" * 400 + "GB",
    "9" * 400 + "d",
    "-1",
    "1e999",
    "nan",
    "inf",
)


def _told(text: str, value: str) -> str:
    """The mistakes in a configuration; of one that loads the warnings, and what must not be in a header."""
    try:
        config = parse_config(text, ENVIRONMENT | {"VALUE": value})
    except ConfigError as error:
        return str(error)
    assert not set("\n\r\0") & set(config.delivery.user_agent + config.delivery.endpoint)
    return "\n".join(map(str, config.warnings))


@pytest.mark.parametrize("value", HOSTILE, ids=lambda text: ascii(text)[:12])
@pytest.mark.parametrize(
    "key",
    [
        "delivery: {endpoint: ?}",
        "delivery: {user_agent: ?}",
        "delivery: {timeout: ?}",
        "delivery: {concurrency: ?}",
        "delivery: {max_request_bytes: ?}",
        "delivery: {expire_after: ?}",
        "admin: {listen: ?}",
        "mappings: [{name: ?, trigger: 'type = \"track\"', action: logEvent}]",
        "mappings: [{name: a, trigger: ?, action: logEvent}]",
        "mappings: [{name: a, trigger: 'type = \"!\"', action: logEvent}]",
        "mappings: [{name: a, trigger: 'type = \"track\"', action: ?}]",
        "mappings: [{preset: track-calls, name: ?}, {preset: page-calls, name: ?}]",
        "mappings: [{preset: track-calls, fields: {event: {'@liquid': '{{ a | ! }}'}}}]",
        "mappings: [{preset: track-calls, fields: {event: {'@liquid': '{% ! %}'}}}]",
        "mappings: [{preset: track-calls, fields: {event: {'@case': {operator: ?, value: x}}}}]",
    ],
)
def test_a_hostile_variable_never_crashes_and_is_never_shown(key: str, value: str) -> None:
    began_s = time.process_time()
    marked = f"canary{value}" if value[0] not in "-19ni" else value
    written = key.replace("?", "'${VALUE}'").replace("!", "${VALUE}")
    told = _told(f"{MINIMAL}{written}\n", marked)
    assert "a `{` is not closed" not in told, "it is the value that is tried, not the writing of it"
    assert "canary" not in told
    assert time.process_time() - began_s < LONGEST_S


@pytest.mark.parametrize("odd", ["\n", "\r\nx: y", "\0", "\x1b[2J", "\u2028", "\u202e"])
@pytest.mark.parametrize(
    "key",
    [
        "group: '${NAME}'",
        "client_id: '${NAME}'",
        "group_instance_id: '${NAME}'",
        "security: {protocol: SASL_SSL, sasl: {mechanism: PLAIN, username: '${NAME}', password: '${NAME}'}}",
    ],
)
def test_names_hold_nothing_that_a_terminal_or_a_log_would_obey(key: str, odd: str) -> None:
    with pytest.raises(ConfigError, match="cannot be printed") as raised:
        parse_config(f"{MINIMAL}  {key}\n", ENVIRONMENT | {"NAME": f"canary{odd}"})
    assert "canary" not in str(raised.value)
