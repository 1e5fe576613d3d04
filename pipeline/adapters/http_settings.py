"""Where and how requests are made, whichever client makes them."""

import ssl
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from yarl import URL

from pipeline.config.model import Config
from pipeline.config.verdicts import rule_table
from pipeline.core.credentials import CredentialProblem, authentication_query
from pipeline.core.request import is_legal_header_value
from pipeline.core.verdict_rules import kept_headers

_LEFT_AS_THEY_ARE: Final = "!$%&'()*+,-./:;=?@[\\]^_`{|}~"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """Where and how requests are made.

    `api_key` goes into the header verbatim (reference: 6.3). `timeout_s` limits the whole
    exchange: finding the host, connecting, the answer's body and the wait for one of the
    `connections`, which are kept open; give no fewer than requests are made at a time.
    Proxies named in the environment count only with `use_environment_proxy`. `tls` replaces
    the system's trust, for a private authority. Answers bring their `kept_headers`, named in
    lower case.
    """

    endpoint: str
    api_key: str = field(repr=False)
    sitecode: str
    user_agent: str
    timeout_s: float = 10.0
    connections: int = 64
    use_environment_proxy: bool = False
    tls: ssl.SSLContext | None = None
    kept_headers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        url = URL(self.endpoint)
        if url.scheme not in {"http", "https"} or not url.host:
            raise ValueError("the endpoint must be an http or https URL with a host")
        if url.user is not None or url.password is not None:
            raise ValueError("the endpoint must not carry a user or a password")
        if not all(map(is_legal_header_value, (self.api_key, self.sitecode, self.user_agent))):
            raise ValueError("the API key, the sitecode and the user agent must be legal in a header")


def settings_of(config: Config, connections: int) -> HttpSettings:
    """Where and how requests are made, from the configuration."""
    return HttpSettings(
        endpoint=config.delivery.endpoint,
        api_key=config.destination.api_key.get_secret_value(),
        sitecode=config.destination.sitecode,
        user_agent=config.delivery.user_agent,
        timeout_s=config.delivery.timeout_s,
        connections=connections,
        use_environment_proxy=config.delivery.use_environment_proxy,
        kept_headers=kept_headers(rule_table(config.delivery.verdicts)),
    )


def question_of(settings: HttpSettings) -> URL | None:
    """Where to ask about the key, spelt out in the query (reference: 6.2); None if it cannot be asked about.

    What a URL cannot hold is percent-encoded.
    """
    query = authentication_query(settings.api_key)
    if isinstance(query, CredentialProblem):
        return None
    endpoint = URL(settings.endpoint)
    path = endpoint.raw_path.rstrip("/") + "/getapikey"
    return URL(f"{endpoint.origin()}{path}?{quote(query, safe=_LEFT_AS_THEY_ARE)}", encoded=True)
