"""The law of `delivery.endpoint`: a plain address, and the API key never unencrypted to another machine.

The form is narrower than what parsers of URLs take, so that no two of them can read it differently.
"""

import ipaddress
import re
from typing import Final

from pipeline.config.delivery import Delivery
from pipeline.config.problem import Path
from pipeline.config.report import Report

_USER: Final = re.compile(r"[a-z]*:?//[^/?#]*@", re.IGNORECASE)
_ENDPOINT: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?(?:/[!-~]*)?",
    re.ASCII | re.IGNORECASE,
)
_NOT_IN_A_PATH: Final = re.compile(r"[?#\\]")
_LONGEST_HOST: Final = 253
_HIGHEST_PORT: Final = 65535


def check_endpoint(delivery: Delivery, report: Report) -> None:
    """https, or http to this machine itself; no user, no password, no query."""
    path: Path = ("delivery", "endpoint")
    found = _ENDPOINT.fullmatch(delivery.endpoint)
    if (problem := address_problem(delivery.endpoint)) is not None:
        report.error(path, *problem)
    elif found and found["scheme"].lower() == "http":
        _check_insecure(found["host"], delivery, report)


def _check_insecure(host: str, delivery: Delivery, report: Report) -> None:
    if not (delivery.allow_insecure or _is_loopback(host)):
        hint = "write `https://…`, or set `delivery.allow_insecure: true` where the network is your own"
        message = "would send the API key unencrypted to another machine"
        report.error(("delivery", "endpoint"), message, hint)


def address_problem(address: str) -> tuple[str, str] | None:
    """Why this is no plain address of an HTTP server, and what to write instead; None for one."""
    found = _ENDPOINT.fullmatch(address)
    if _USER.match(address):
        return "holds a user or a password", "delete all before the `@`; the key is `api_key`"
    if found is None or _NOT_IN_A_PATH.search(address) or not _is_address(found):
        return "is no address of an HTTP server", "write `https://host/path` in plain ASCII, without a query"
    return None


def _is_address(found: re.Match[str]) -> bool:
    host, port = found["host"], found["port"]
    if port is not None and not 0 < int(port) <= _HIGHEST_PORT:
        return False
    if host.startswith("["):
        return _ip(host[1:-1]) is not None
    return len(host) <= _LONGEST_HOST and all(host.removesuffix(".").split("."))


def _is_loopback(host: str) -> bool:
    """A name under `.localhost` does not count: not every resolver keeps it on this machine."""
    address = _ip(host.strip("[]"))
    return host.lower() == "localhost" if address is None else address.is_loopback


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
