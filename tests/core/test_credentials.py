"""Sitecode and API key."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.credentials import (
    CredentialCode,
    CredentialProblem,
    authentication_query,
    configured_problems,
    credential_problems,
)

SITECODE = "1q2w3e4r5t"


def key_of(value: Any) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


GOOD_KEY = key_of({"client_id": "cid", "client_secret": "sec"})


def codes(api_key: str, sitecode: str) -> list[CredentialCode]:
    return [problem.code for problem in credential_problems(api_key, sitecode)]


def test_good_credentials_have_no_problems() -> None:
    assert credential_problems(GOOD_KEY, SITECODE) == ()
    assert authentication_query(GOOD_KEY) == "client_id=cid&client_secret=sec"


@pytest.mark.parametrize("sitecode", ["", "short", "12345678901", "\U0001f600" * 10])
def test_a_sitecode_has_ten_characters(sitecode: str) -> None:
    assert CredentialCode.SITECODE_LENGTH in codes(GOOD_KEY, sitecode)


def test_a_sitecode_is_counted_in_utf_16_units() -> None:
    """Five emoji count ten, as in the reference; no header may hold them, though."""
    assert codes(GOOD_KEY, "\U0001f600" * 5) == [CredentialCode.SITECODE_HEADER]


@pytest.mark.parametrize("odd", ["\u00e9", " ", "\t", "\x85"])
def test_what_a_header_may_hold_and_a_configuration_may_not(odd: str) -> None:
    """The reference sends them; servers and proxies do not all read them as one."""
    api_key, sitecode = GOOD_KEY + odd, SITECODE[:-1] + odd
    assert codes(api_key, sitecode) == []
    assert [problem.code for problem in configured_problems(api_key, sitecode)] == [
        CredentialCode.API_KEY_HEADER,
        CredentialCode.SITECODE_HEADER,
    ]
    assert configured_problems(GOOD_KEY, SITECODE) == ()


def test_one_setting_has_one_problem() -> None:
    assert configured_problems("a\nb", "\u00e9") == credential_problems("a\nb", "\u00e9")


def test_all_problems_are_told_at_once() -> None:
    assert codes("a\nb", "short") == [CredentialCode.SITECODE_LENGTH, CredentialCode.API_KEY_HEADER]


@pytest.mark.parametrize(
    "spelling",
    [
        GOOD_KEY.rstrip("="),
        f" {GOOD_KEY[:9]} {GOOD_KEY[9:]}\t",
        GOOD_KEY.replace("+", "-").replace("/", "_"),
        GOOD_KEY + "=" + key_of({"ignored": 1}),
    ],
)
def test_base64_is_read_leniently(spelling: str) -> None:
    assert authentication_query(spelling) == "client_id=cid&client_secret=sec"


def test_a_last_digit_that_makes_no_byte_is_dropped() -> None:
    assert authentication_query("eyJhIjoiYiJ9" + "A") == "a=b"


def test_the_high_bit_of_each_byte_is_dropped() -> None:
    raised = base64.b64encode(bytes(byte | 0x80 for byte in b'{"a":"b"}')).decode()
    assert authentication_query(raised) == "a=b"


def test_each_entry_is_written_as_javascript_text_without_url_encoding() -> None:
    key = key_of({"b": [1, [None, 2]], "2": "x y&z=1", "1": None, "o": {"a": 1}, "n": 1e21, "t": True})
    assert authentication_query(key) == "1=null&2=x y&z=1&b=1,,2&o=[object Object]&n=1e+21&t=true"


@pytest.mark.parametrize("text", ["", "{bad", "NaN", '{"a": Infinity}', '{"a":"line\nbreak"}', "[" * 5000])
def test_a_key_that_is_no_json_is_refused(text: str) -> None:
    key = base64.b64encode(text.encode()).decode()
    refused = authentication_query(key)
    assert isinstance(refused, CredentialProblem)
    assert refused.code is CredentialCode.API_KEY_DECODING
    assert codes(key, SITECODE) == [CredentialCode.API_KEY_DECODING]


@pytest.mark.parametrize("value", [None, 5, "abc", [1, 2], True])
def test_a_key_that_is_json_but_no_object_is_refused(value: Any) -> None:
    assert codes(key_of(value), SITECODE) == [CredentialCode.API_KEY_NOT_AN_OBJECT]


@given(st.text())
def test_no_api_key_makes_it_raise(api_key: str) -> None:
    assert isinstance(authentication_query(api_key), (str, CredentialProblem))
    credential_problems(api_key, api_key)


def test_no_text_shows_a_part_of_the_key() -> None:
    secret = base64.b64encode(b'{"client_secret":"hunter2"').decode()
    (problem,) = credential_problems(secret, SITECODE)
    assert "hunter2" not in problem.message
    assert secret not in problem.message
    assert problem.setting == "api_key"
