"""The `server.properties` of a test broker: small, quick to elect, quick to form a group."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
_INTERNAL_TOPICS = ("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")
_INTERNAL_PARTITIONS = 4
_INDEX_BYTES = 1 << 20
_CLEANER_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Place:
    """Where one node lives: its number, its ports on loopback, its folder."""

    number: int
    port: int
    controller_port: int
    folder: Path


def server_properties(place: Place, nodes: list[Place], extra: Mapping[str, str]) -> str:
    """The whole file, for one node of a cluster whose nodes are broker and controller in one."""
    settings = _addresses(place, nodes) | _copies(len(nodes)) | _pace(place.folder) | dict(extra)
    return "".join(f"{key}={value}\n" for key, value in settings.items())


def _addresses(place: Place, nodes: list[Place]) -> dict[str, object]:
    client, controller = f"PLAINTEXT://{HOST}:{place.port}", f"CONTROLLER://{HOST}:{place.controller_port}"
    voters = ",".join(f"{node.number}@{HOST}:{node.controller_port}" for node in nodes)
    return {
        "process.roles": "broker,controller",
        "node.id": place.number,
        "listeners": f"{client},{controller}",
        "advertised.listeners": client,
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.voters": voters,
    }


def _copies(nodes: int) -> dict[str, object]:
    copies = min(3, nodes)
    in_sync = max(1, copies - 1)
    settings: dict[str, object] = {"default.replication.factor": copies, "min.insync.replicas": in_sync}
    for topic in _INTERNAL_TOPICS:
        settings[f"{topic}.replication.factor"] = copies
        settings[f"{topic}.num.partitions"] = _INTERNAL_PARTITIONS
    for topic in _INTERNAL_TOPICS[1:]:
        settings[f"{topic}.min.isr"] = in_sync
    return settings


def _pace(folder: Path) -> dict[str, object]:
    return {
        "log.dirs": folder / "data",
        "auto.create.topics.enable": "false",
        "group.initial.rebalance.delay.ms": 0,
        "group.min.session.timeout.ms": 1000,
        "broker.heartbeat.interval.ms": 500,
        "broker.session.timeout.ms": 3000,
        "log.index.size.max.bytes": _INDEX_BYTES,
        "log.cleaner.dedupe.buffer.size": _CLEANER_BYTES,
    }
