"""Logging in: TLS with a client certificate, SASL with PLAIN and SCRAM, and every way to get it wrong."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import (
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from pipeline.adapters.kafka_admin import open_admin
from pipeline.adapters.kafka_errors import BrokerError, BrokerRefusedError, BrokerUnreachableError
from pipeline.config.kafka import Kafka
from tests.support.kafka.broker import Broker
from tests.support.kafka.cluster import Cluster, free_ports
from tests.support.kafka.fixtures import skip_or_fail
from tests.support.kafka.sources import make_jars_ready
from tests.support.kafka.unavailable import Unavailable
from tests.support.waiting import until
from tests.support.worker.events import tracks
from tests.support.worker.pages import ANY_PORT, readiness
from tests.support.worker.process import Worker
from tests.support.worker.scene import open_scene

CERTIFICATE = Path(__file__).parents[1] / "support" / "loopback_certificate.pem"
TLS = {"ca_file": str(CERTIFICATE), "certificate_file": str(CERTIFICATE), "key_file": str(CERTIFICATE)}
SCRAM = {
    "SCRAM-SHA-256": ScramMechanism.SCRAM_SHA_256,
    "SCRAM-SHA-512": ScramMechanism.SCRAM_SHA_512,
}
LOGIN = "org.apache.kafka.common.security"

LISTENER = "listener.name.sasl_ssl"
PASSWORD = "right"

pytestmark = pytest.mark.kafka


def _listener(plain_port: int, controller_port: int, port: int) -> dict[str, str]:
    """A second door to the node, with every lock on it."""
    doors = f"PLAINTEXT://127.0.0.1:{plain_port},SASL_SSL://127.0.0.1:{port}"
    module = f"{LOGIN}.scram.ScramLoginModule required;"
    scram = {f"{LISTENER}.{mechanism.lower()}.sasl.jaas.config": module for mechanism in SCRAM}
    return scram | {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "true",
        "listeners": f"{doors},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": doors,
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL",
        "sasl.enabled.mechanisms": ",".join(["PLAIN", *SCRAM]),
        f"{LISTENER}.plain.sasl.jaas.config": f'{LOGIN}.plain.PlainLoginModule required user_web="right";',
        f"{LISTENER}.ssl.client.auth": "required",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(CERTIFICATE),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(CERTIFICATE),
    }


def _add_scram_users(servers: str) -> None:
    upserts = [
        UserScramCredentialUpsertion("web", ScramCredentialInfo(mechanism, 4096), PASSWORD.encode())
        for mechanism in SCRAM.values()
    ]
    admin = AdminClient({"bootstrap.servers": servers})
    for upsert in upserts:  # one user may be named once in a request
        for answer in admin.alter_user_scram_credentials([upsert]).values():
            answer.result(30)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cluster, str]]:
    """A node with a second door, that looks at access rules; and the address of that door."""
    try:
        make_jars_ready()
    except Unavailable as reason:
        skip_or_fail(str(reason))
    [port] = free_ports(1)
    cluster = Cluster(tmp_path_factory.mktemp("locked"))
    place = cluster.nodes[1].place
    properties = cluster.nodes[1].properties
    extra = _listener(place.port, place.controller_port, port)
    properties.write_text(
        properties.read_text() + "".join(f"{key}={value}\n" for key, value in extra.items())
    )
    try:
        cluster.start_all()
        _add_scram_users(cluster.bootstrap_servers)
        yield cluster, f"127.0.0.1:{port}"
    finally:
        cluster.stop_all()


@pytest.fixture
def locked(guarded: tuple[Cluster, str]) -> str:
    """The address of a broker that wants a certificate, a user and a password."""
    return guarded[1]


@pytest.fixture(autouse=True)
async def _farewells(locked: str) -> AsyncIterator[None]:
    """Wait for the broker's goodbye: a TLS connection that was closed keeps its socket open until then."""
    yield
    await until(lambda: not _open_to(locked), "every closed connection has let go of its socket")


def _open_to(address: str) -> list[asyncio.Transport]:
    transports = [made for made in gc.get_objects() if isinstance(made, asyncio.Transport)]
    opened = [transport for transport in transports if not transport.is_closing()]
    return [transport for transport in opened if _peer(transport) == address]


def _peer(transport: asyncio.Transport) -> str:
    return "{}:{}".format(*transport.get_extra_info("peername", ("", "")))


def _kafka(servers: str, mechanism: str = "PLAIN", password: str = PASSWORD, **tls: Any) -> Kafka:
    sasl = {"mechanism": mechanism, "username": "web", "password": password}
    security = {"protocol": "SASL_SSL", "sasl": sasl, "tls": TLS | tls}
    return Kafka.model_validate({"bootstrap_servers": servers, "security": security})


async def _look(kafka: Kafka) -> None:
    async with open_admin(kafka) as admin:
        assert await admin.present(["none-such"]) == {}


@pytest.mark.parametrize("mechanism", ["PLAIN", *SCRAM])
async def test_certificate_user_and_password_open_the_door(locked: str, mechanism: str) -> None:
    await _look(_kafka(locked, mechanism))


@pytest.mark.parametrize("mechanism", ["PLAIN", *SCRAM])
async def test_a_wrong_password_is_told_as_such(locked: str, mechanism: str) -> None:
    with pytest.raises(BrokerRefusedError, match=r"refuses the user or the password \(kafka.security.sasl\)"):
        await _look(_kafka(locked, mechanism, "wrong"))


async def test_without_a_client_certificate_the_door_stays_shut(locked: str) -> None:
    with pytest.raises(BrokerError):
        await _look(_kafka(locked, certificate_file=None, key_file=None))


async def test_a_broker_whose_certificate_nobody_vouches_for_is_not_trusted(locked: str) -> None:
    with pytest.raises(BrokerUnreachableError, match=r"certificate is not trusted: self.signed"):
        await _look(_kafka(locked, ca_file=None))


async def test_plain_text_at_a_locked_door_is_told(locked: str) -> None:
    with pytest.raises(BrokerError):
        await _look(Kafka.model_validate({"bootstrap_servers": locked}))


CLOSED = "nothing is sent until the partitions can be opened"


def _waits_for(worker: Worker, what: str) -> bool:
    return any(what in line["detail"] for line in worker.said(CLOSED))


async def test_a_worker_whose_rights_are_taken_away_waits_until_it_has_them_again(
    guarded: tuple[Cluster, str], unique: str, tmp_path: Path
) -> None:
    """First it may not write its audit; then, when it may, it cannot read its commits."""
    broker = Broker(guarded[0].bootstrap_servers, "a node of the test's own")
    async with open_scene(broker, tmp_path, unique) as scene:
        audit, group = scene.kafka.topics.audit, scene.pipeline()
        worker = await scene.started(scene.config(admin=ANY_PORT))
        await scene.produce(tracks(20))
        await scene.accounted(20)
        scene.operator.forbid_writing(audit)
        await scene.produce(tracks(200, first=20))
        assert (await readiness(worker, 503))["because"] == ["audit_refused"]
        await until(lambda: _waits_for(worker, "the user lacks the right to do that"), "it says why")
        assert await scene.beyond_audit() == []

        scene.operator.forbid_looking(group)
        scene.operator.allow_all(audit)
        await until(lambda: _waits_for(worker, "reading the commits"), "it says what it cannot read")
        sent = len(scene.sandbox.received())
        await scene.produce(tracks(20, first=220))
        refusals = len(worker.said(CLOSED))
        await until(lambda: len(worker.said(CLOSED)) > refusals + 1, "it tries again")
        assert len(scene.sandbox.received()) == sent, "nothing is sent meanwhile"

        scene.operator.allow_all(group)
        await scene.accounted(240)
        assert await worker.stop() == 0
        (await scene.account()).check_clean()
