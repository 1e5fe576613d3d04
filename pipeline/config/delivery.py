"""The sections `delivery` and `audit`: how events are sent, and how what became of them is recorded."""

import re
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from pipeline.config.brake import Brake, BrakeOrOff
from pipeline.config.scalar import quoted
from pipeline.config.section import Section
from pipeline.config.values import Duration, Flag, Kind, Size, Whole, as_text, mistake, one_of
from pipeline.config.verdicts import MOST_RULES, VerdictRule, listed
from pipeline.config.wire import Array, Single, Wire

ORDERS: Final = ("visitor", "none")
CLIENTS: Final = ("direct", "aiohttp")
DEFAULT_ENDPOINT: Final = "https://integrations.kameleoon.com/segmentio"

_HEADER: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?", re.ASCII)
_DAY_S: Final = 86400.0


def _default_user_agent() -> str:
    try:
        return f"kameleoon-pipeline/{version('kameleoon-pipeline')}"
    except PackageNotFoundError:
        return "kameleoon-pipeline/0.0.0"


def _header_text(value: object) -> object:
    text = as_text(value)
    if isinstance(text, str) and not _HEADER.fullmatch(text):
        raise mistake(
            f"{quoted(value)} cannot stand in a header",
            "write printable ASCII characters, without spaces at its ends",
        )
    return text


class Retry(Section):
    """Exponential back-off with full jitter between the attempts of one event."""

    first_s: Duration = Field(
        default=0.5,
        alias="first",
        ge=0.001,
        le=_DAY_S,
        description="The longest wait before the second attempt; it doubles with each further one.",
        examples=["1s"],
    )
    cap_s: Duration = Field(
        default=30.0,
        alias="cap",
        ge=0.001,
        le=_DAY_S,
        description="No wait is longer.",
        examples=["1m"],
    )


def _usual_in_flight(earlier: dict[str, Any]) -> int:
    """As many as keep the requests busy while others wait for their visitor, their array or the audit."""
    wire, requests = earlier["wire"], int(earlier["concurrency"])
    return max(8 * requests, 32 * wire.max_events if isinstance(wire, Array) else 0)


class Delivery(Section):
    """How events are sent to Kameleoon."""

    endpoint: Annotated[str, BeforeValidator(as_text), WithJsonSchema({"type": "string"}), Kind("URL")] = (
        Field(
            default=DEFAULT_ENDPOINT,
            description="Where events are posted. https, or http on this machine itself.",
            examples=["http://localhost:8080/segmentio"],
        )
    )
    allow_insecure: Flag = Field(
        default=False,
        description="Lets `endpoint` be http on another machine: the API key then travels unencrypted.",
        examples=[True],
    )
    client: Annotated[Literal["direct", "aiohttp"], BeforeValidator(one_of(*CLIENTS))] = Field(
        default="direct",
        description="What makes the requests: `direct` is several times as fast, `aiohttp` knows proxies.",
        examples=["aiohttp"],
    )
    use_environment_proxy: Flag = Field(
        default=False,
        description="Go through the proxy that `HTTPS_PROXY` and `NO_PROXY` name; needs `client: aiohttp`.",
        examples=[True],
    )
    timeout_s: Duration = Field(
        default=10.0,
        alias="timeout",
        ge=0.1,
        le=600.0,
        description="The time limit of one exchange, from connecting to the last byte of the answer.",
        examples=["5s"],
    )
    user_agent: Annotated[
        str, BeforeValidator(_header_text), WithJsonSchema({"type": "string"}), Kind("text")
    ] = Field(
        default_factory=_default_user_agent,
        description="The header `user-agent` of every request.",
        examples=["shop-pipeline/2.0"],
        json_schema_extra={"x-default": "kameleoon-pipeline/<version>"},
    )
    order: Annotated[Literal["visitor", "none"], BeforeValidator(one_of(*ORDERS))] = Field(
        default="visitor",
        description="`visitor` sends the events of one visitor one after the other, in the order of their "
        "partition; `none` sends whatever is ready.",
        examples=["none"],
    )
    wire: Wire = Field(
        default_factory=Single,
        description="One event per request, or arrays. No public source says whether Kameleoon takes arrays.",
        examples=["single"],
        json_schema_extra={"x-default": "single"},
    )
    concurrency: Whole = Field(
        default=64, ge=1, le=10_000, description="The most requests under way at one time.", examples=[16]
    )
    min_concurrency: Whole = Field(
        default_factory=lambda earlier: max(1, earlier["concurrency"] // 8),
        ge=1,
        le=10_000,
        description="How far the number of requests at a time is lowered while Kameleoon answers much more "
        "slowly than before, or fails; `concurrency` itself switches that off.",
        examples=[4],
        json_schema_extra={"x-default": "an eighth of `concurrency`"},
    )
    max_attempts: Whole = Field(
        default=10,
        ge=1,
        le=1000,
        description="The attempts charged to one event before it fails; an outage of the destination "
        "charges none.",
        examples=[5],
    )
    expire_after_s: Duration | None = Field(
        default=None,
        alias="expire_after",
        gt=0.0,
        description="Events older than this are not sent any more; absent: never.",
        examples=["6h"],
    )
    max_event_names: Whole | None = Field(
        default=None,
        ge=1,
        le=10_000,
        description="The most different event names that one worker sends from its start on; events with "
        "further names are rejected, for Kameleoon makes a goal of each. Absent: no bound, only a warning.",
        examples=[300],
    )
    retry: Retry = Field(default_factory=Retry, description="The waits between attempts.")
    verdicts: Annotated[tuple[VerdictRule, ...], BeforeValidator(listed)] = Field(
        default_factory=tuple,
        max_length=MOST_RULES,
        description="What answers mean where the defaults do not fit, such as a 200 whose body says no. The "
        "first rule that matches decides, and these come before the defaults; `explain --rules` prints them "
        "all.",
    )
    max_request_bytes: Size | None = Field(
        default=None,
        ge=1024,
        le=100_000_000,
        description="The largest body that Kameleoon takes, if you know it: events that would need a larger "
        "one are rejected instead of sent, and no array becomes larger. Kameleoon's limit is not public. "
        "Absent: everything is sent, and a 413 tells.",
        examples=["1MB"],
    )
    brake: BrakeOrOff = Field(
        default_factory=Brake,
        description="When to hold because nearly everything fails or is rejected, until the configuration "
        "changes or `run --release-brake`; `off`: never.",
    )
    max_in_flight_events: Whole = Field(
        default_factory=_usual_in_flight,
        ge=1,
        le=1_000_000,
        description="The most events admitted and not yet settled; reading pauses there.",
        examples=[256],
        json_schema_extra={
            "x-default": "8 for each request of `concurrency`; with arrays 32 full ones, if that is more"
        },
    )
    max_in_flight_bytes: Size = Field(
        default=64_000_000,
        ge=1024,
        le=100_000_000_000,
        description="The most bytes of events admitted and not yet settled; reading pauses there.",
        examples=["32MB"],
    )
    max_spread: Whole = Field(
        default=100_000,
        ge=1,
        le=100_000_000,
        description="The most records of one partition between the oldest unsettled one and the newest read.",
        examples=[20000],
    )
    drain_s: Duration = Field(
        default=30.0,
        alias="drain",
        ge=0.1,
        le=1800.0,
        description="How long a stop or a rebalance waits for what is under way.",
        examples=["40s"],
    )

    standstill_s: Duration = Field(
        default=300.0,
        alias="standstill",
        ge=1.0,
        le=_DAY_S,
        description="A worker that has records to settle, settles none, gets no answer and knows no reason "
        "for so long ends with code 70, to be started again, and tells what waits. Never sooner than "
        "`timeout`, `retry.cap`, `audit.timeout` and the `linger` of arrays together.",
        examples=["10m"],
    )

    @property
    def max_body_bytes(self) -> int | None:
        """The largest body of one event; an array needs two bytes more."""
        brackets = 2 if isinstance(self.wire, Array) else 0
        return None if self.max_request_bytes is None else self.max_request_bytes - brackets


class Audit(Section):
    """How what became of each event is written to the audit topic."""

    timeout_s: Duration = Field(
        default=10.0,
        alias="timeout",
        ge=0.1,
        le=600.0,
        description="How long the brokers may take to acknowledge audit records.",
        examples=["5s"],
    )
    linger_s: Duration = Field(
        default=0.005,
        alias="linger",
        ge=0.0,
        le=1.0,
        description="How long the first audit record of a batch waits for others.",
        examples=["10ms"],
    )
