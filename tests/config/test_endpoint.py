"""The API key goes where the configuration says, in TLS, or stays on this machine."""

import ipaddress
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from pipeline.adapters.kameleoon import kameleoon
from pipeline.config.problem import ConfigError
from tests.support.configuration import config

PIECES = st.sampled_from(
    [
        *("http://", "https://", "HTTP://", "//", "/", "@", ":", "80", "99999", "#", "?", "\\", "%2e", "%00"),
        *("[", "]", "127.0.0.1", "::1", "localhost", "evil.example", "0x7f", "1", ".", " ", "\t", "\r\n"),
        *("\u00e9", "\u2460"),
    ]
)


def problem_of(endpoint: str, rest: str = "") -> str:
    """What is wrong with an endpoint; empty when it is taken."""
    try:
        config(f"delivery: {{endpoint: {json.dumps(endpoint)}{rest}}}\n")
    except ConfigError as error:
        (problem,) = error.problems
        assert problem.key == "delivery.endpoint"
        return problem.message
    return ""


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://kameleoon.example/segmentio",
        "https://127.1/",
        "http://localhost",
        "http://LOCALHOST:8010/segmentio",
        "http://127.0.0.1:8010/segmentio",
        "http://127.255.255.254/",
        "http://[::1]:8010/",
    ],
)
def test_an_endpoint_in_tls_or_on_this_machine_is_taken(endpoint: str) -> None:
    assert problem_of(endpoint) == ""


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://kameleoon.example/",
        "http://localhost.evil.example/",
        "http://evil.localhost/",
        "http://localhost./",
        "http://127.0.0.1.evil.example/",
        "http://2130706433/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://0/",
        "http://0.0.0.0/",
        "http://[::]/",
        "http://[::ffff:8.8.8.8]/",
    ],
)
def test_http_to_anywhere_else_needs_leave(endpoint: str) -> None:
    assert "unencrypted" in problem_of(endpoint)
    assert problem_of(endpoint, ", allow_insecure: true") == ""


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://user:pass@kameleoon.example/",
        "http://127.0.0.1@evil.example/",
        "http://127.0.0.1:80@evil.example/",
        "http://@127.0.0.1/",
        "http://evil.example\\@127.0.0.1/",
        "//user@127.0.0.1/",
    ],
)
def test_a_user_is_refused(endpoint: str) -> None:
    assert "user or a password" in problem_of(endpoint, ", allow_insecure: true")


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "kameleoon.example",
        "ftp://127.0.0.1/",
        "http:127.0.0.1/",
        "http:///127.0.0.1/",
        "https://",
        "https://[::1",
        "https://[::1::]/",
        "https://[v1.x]/",
        "http://[::1%25lo]/",
        "https://a..b/",
        f"https://{'a.' * 130}example/",
        "https://kameleoon.example:0/",
        "https://kameleoon.example:65536/",
        "https://kameleoon.example:/",
        "https://kameleoon.example/?a=b",
        "https://kameleoon.example/#a",
        "http://127.0.0.1\\.evil.example/",
        "https://kameleoon.example/a\\b",
        "https://kameleoon%2eexample/",
        "https://kam\u00e9l\u00e9on.example/",
        "http://\u2460\u2461\u2466.0.0.1/",
        "http://127.0.0.\n1/",
        "http://127.0.0.1/\r\nx-evil: 1",
        "http://127.0.0.1/ HTTP/1.1",
        "\thttp://127.0.0.1/",
        "https://kameleoon.example/\x00",
    ],
)
def test_what_parsers_may_read_differently_is_refused(endpoint: str) -> None:
    assert problem_of(endpoint, ", allow_insecure: true")


@given(st.lists(PIECES, min_size=1, max_size=7).map("".join))
def test_the_client_goes_where_the_law_looked(endpoint: str) -> None:
    """Whatever is taken, the client can be made of it, and http stays on this machine."""
    if problem_of(endpoint):
        return
    kameleoon(config(f"delivery: {{endpoint: {json.dumps(endpoint)}}}\n"), 1)
    url = URL(endpoint)
    assert url.user is None
    assert url.password is None
    if url.scheme == "http":
        assert url.host == "localhost" or ipaddress.ip_address(url.host or "").is_loopback
