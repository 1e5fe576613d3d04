"""The rules for sitecode and API key, and the question that Kameleoon checks them by (reference: 6.2).

No text here holds a part of an API key.
"""

import base64
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from pipeline.core.event import Json
from pipeline.core.javascript import length, ordered_keys, text
from pipeline.core.javascript_json import TooDeepError, parse_json
from pipeline.core.request import is_legal_header_value

SITECODE_LENGTH: Final = 10
"""UTF-16 code units of a sitecode."""

_NOT_BASE64: Final = re.compile(r"[^A-Za-z0-9+/]")
_PLAIN: Final = re.compile(r"[!-~]*", re.ASCII)
_SEVEN_BITS: Final = 0x7F


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request proves itself by; the key goes out as it is given."""

    api_key: str = field(repr=False)
    sitecode: str


class CredentialCode(StrEnum):
    """What is wrong with a credential."""

    SITECODE_LENGTH = "sitecode_length"
    SITECODE_HEADER = "sitecode_header"
    API_KEY_HEADER = "api_key_header"
    API_KEY_DECODING = "api_key_decoding"
    API_KEY_NOT_AN_OBJECT = "api_key_not_an_object"


@dataclass(frozen=True, slots=True)
class CredentialProblem:
    """One thing wrong; `setting` is the configuration key under `destination`."""

    setting: str
    code: CredentialCode
    message: str


def credential_problems(api_key: str, sitecode: str) -> tuple[CredentialProblem, ...]:
    """Everything wrong with the two credentials, as far as can be told without Kameleoon."""
    found = (_sitecode_problems(sitecode), _api_key_problems(api_key))
    return tuple(problem for problems in found for problem in problems)


def configured_problems(api_key: str, sitecode: str) -> tuple[CredentialProblem, ...]:
    """The same, and what a configuration must not have besides: characters that servers read differently.

    Bytes beyond ASCII and spaces at the ends are legal in a header (reference: 5.1), and no
    two programs write or trim them alike.
    """
    found = credential_problems(api_key, sitecode)
    odd = (
        _not_plain(setting, code)
        for setting, value, code in (
            ("api_key", api_key, CredentialCode.API_KEY_HEADER),
            ("sitecode", sitecode, CredentialCode.SITECODE_HEADER),
        )
        if _PLAIN.fullmatch(value) is None and setting not in {problem.setting for problem in found}
    )
    return (*found, *odd)


def authentication_query(api_key: str) -> str | CredentialProblem:
    """The query string of `GET {endpoint}/getapikey?…`, which holds the secrets of the key.

    One `key=value` for each top-level entry of the decoded key, without URL encoding.
    """
    decoded = _decode_api_key(api_key)
    if isinstance(decoded, CredentialProblem):
        return decoded
    return "&".join(f"{key}={text(decoded[key])}" for key in ordered_keys(decoded))


def _sitecode_problems(sitecode: str) -> list[CredentialProblem]:
    problems = []
    if length(sitecode) != SITECODE_LENGTH:
        problems.append(
            CredentialProblem(
                "sitecode",
                CredentialCode.SITECODE_LENGTH,
                f"the sitecode has {length(sitecode)} characters, not {SITECODE_LENGTH}; "
                "copy it from the project's settings in Kameleoon",
            )
        )
    if not is_legal_header_value(sitecode):
        problems.append(_not_for_headers("sitecode", CredentialCode.SITECODE_HEADER))
    return problems


def _api_key_problems(api_key: str) -> list[CredentialProblem]:
    if not is_legal_header_value(api_key):
        return [_not_for_headers("api_key", CredentialCode.API_KEY_HEADER)]
    decoded = _decode_api_key(api_key)
    return [decoded] if isinstance(decoded, CredentialProblem) else []


def _not_for_headers(setting: str, code: CredentialCode) -> CredentialProblem:
    message = f"the {setting} holds a character that no HTTP header may hold, such as a line break"
    return CredentialProblem(setting, code, message)


def _not_plain(setting: str, code: CredentialCode) -> CredentialProblem:
    message = f"the {setting} holds a character that is not plain ASCII, or a space; copy it again"
    return CredentialProblem(setting, code, message)


def _decode_api_key(api_key: str) -> dict[str, Json] | CredentialProblem:
    try:
        decoded = parse_json(_from_base64(api_key))
    except (ValueError, TooDeepError):
        return CredentialProblem(
            "api_key",
            CredentialCode.API_KEY_DECODING,
            "the API key is not JSON in base64; copy the whole key from Kameleoon, without quotes",
        )
    if not isinstance(decoded, dict):
        return CredentialProblem(
            "api_key",
            CredentialCode.API_KEY_NOT_AN_OBJECT,
            "the API key decodes to something other than a JSON object; copy the whole key from Kameleoon",
        )
    return decoded


def _from_base64(given: str) -> str:
    """Base64 read leniently, then 7-bit ASCII: junk is skipped, padding ends it or is missing."""
    before_padding = given.partition("=")[0].replace("-", "+").replace("_", "/")
    digits = _NOT_BASE64.sub("", before_padding)
    whole = digits[: len(digits) - (len(digits) % 4 == 1)]
    decoded = base64.b64decode(whole + "=" * (-len(whole) % 4))
    return bytes(byte & _SEVEN_BITS for byte in decoded).decode("ascii")
