"""No way into a header but as one plain value: written, from a variable, from a file."""

import json
from pathlib import Path

import pytest

from pipeline.config.loader import parse_config
from pipeline.config.problem import ConfigError
from tests.support.configuration import API_KEY, ENVIRONMENT, MINIMAL, SITECODE

ODD = ["\r\nx-evil: 1", "\n", "\r", "\x00", "\x7f", "\t", " ", "\x85", "\u00e9", "\u2028", "\u560d\u560a"]


def keys_of(error: ConfigError) -> set[str]:
    return {problem.key for problem in error.problems}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", ["KAMELEOON_API_KEY", "KAMELEOON_SITECODE", "AGENT"])
def test_a_variable_brings_one_value_or_none(name: str, odd: str) -> None:
    good = {**ENVIRONMENT, "AGENT": "agent"}
    with pytest.raises(ConfigError) as raised:
        parse_config(
            MINIMAL + "delivery: {user_agent: '${AGENT}'}\n",
            good
            | {name: good[name][: 10 - len(odd)] + odd if name != "KAMELEOON_API_KEY" else API_KEY + odd},
        )
    (problem,) = raised.value.problems
    assert problem.key in ("destination.api_key", "destination.sitecode", "delivery.user_agent")
    assert "evil" not in str(problem)


@pytest.mark.parametrize("odd", ODD)
def test_a_text_in_the_file_cannot_either(odd: str) -> None:
    text = MINIMAL.replace("${KAMELEOON_SITECODE}", json.dumps(SITECODE[: -len(odd) - 1] + odd + "x"))
    with pytest.raises(ConfigError) as raised:
        parse_config(text + f"delivery: {{user_agent: {json.dumps('agent' + odd)}}}\n", ENVIRONMENT)
    assert "destination.sitecode" in keys_of(raised.value)


@pytest.mark.parametrize("odd", [odd for odd in ODD if odd not in ("\n", "\r")])
def test_a_key_file_cannot_either(tmp_path: Path, odd: str) -> None:
    (tmp_path / "key").write_bytes(f"{API_KEY}{odd}\n".encode())
    text = MINIMAL.replace("api_key: ${KAMELEOON_API_KEY}", "api_key_file: key")
    with pytest.raises(ConfigError) as raised:
        parse_config(text, ENVIRONMENT, folder=tmp_path)
    assert keys_of(raised.value) == {"destination.api_key_file"}
