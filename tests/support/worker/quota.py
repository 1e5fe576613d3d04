"""How many bytes a client may produce: `kafka-configs --entity-type clients`, in no client library."""

from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Float64, Int16, Int32, Schema, String

_KEY: Final = 49
_ENTITY: Final = Array(("type", String("utf-8")), ("name", String("utf-8")))


class _Answer(Response):  # type: ignore[misc]  # aiokafka has no types
    API_KEY = _KEY
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("entries", Array(("code", Int16), ("message", String("utf-8")), ("entity", _ENTITY))),
    )


class _Question(RequestStruct):  # type: ignore[misc]  # aiokafka has no types
    API_KEY = _KEY
    API_VERSION = 0
    RESPONSE_TYPE = _Answer
    SCHEMA = Schema(
        (
            "entries",
            Array(
                ("entity", _ENTITY),
                ("ops", Array(("key", String("utf-8")), ("value", Float64), ("remove", Boolean))),
            ),
        ),
        ("validate_only", Boolean),
    )


class _AlterQuotas(Request[_Question]):  # type: ignore[misc]  # aiokafka has no types
    API_KEY = _KEY

    def __init__(self, entries: list[Any]) -> None:
        self._entries = entries

    def build(self, request_struct_class: type[_Question]) -> _Question:
        is_rehearsal = False
        return request_struct_class(self._entries, is_rehearsal)


async def limit_producing(servers: str, client_id: str, bytes_per_s: float | None) -> None:
    """Hold a client's producers back from now on; None lets them go."""
    change = ("producer_byte_rate", bytes_per_s or 0.0, bytes_per_s is None)
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        answer = await admin._send_request(_AlterQuotas([([("client-id", client_id)], [change])]))
    finally:
        await admin.close()
    assert [code for code, _, _ in answer.entries] == [0], answer
