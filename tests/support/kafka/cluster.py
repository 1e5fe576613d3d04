"""Apache Kafka on this machine: one node or several, each a process of its own."""

import base64
import random
import secrets
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from tests.support.kafka.admin import Admin
from tests.support.kafka.node import Node
from tests.support.kafka.settings import HOST, Place, server_properties

_READY_TIMEOUT_S = 90
_PORTS = range(20_000, 30_000)  # below the range from which the kernel takes the ports of clients
_system_random = random.SystemRandom()  # the seed of a test must not choose the ports


class Cluster:
    """Nodes numbered from 1. `start` them all, then stop, kill and start single ones.

    The processes die with the thread that started them unless `outlives_parent`.
    """

    def __init__(
        self,
        folder: Path,
        nodes: int = 1,
        *,
        port: int | None = None,
        config: Mapping[str, str] | None = None,
        outlives_parent: bool = False,
    ) -> None:
        numbers = range(1, nodes + 1)
        ports = [port] if port else []
        ports += free_ports(2 * nodes - len(ports))
        places = [Place(n, ports[n - 1], ports[nodes + n - 1], folder / f"node-{n}") for n in numbers]
        self.nodes = {place.number: Node(place, outlives_parent=outlives_parent) for place in places}
        self._cluster_id = base64.urlsafe_b64encode(b"k" + secrets.token_bytes(15)).decode().rstrip("=")
        for place in places:
            place.folder.mkdir(parents=True)
            properties = server_properties(place, places, config or {})
            self.nodes[place.number].properties.write_text(properties)

    @property
    def bootstrap_servers(self) -> str:
        """Every node's address, comma-separated."""
        return ",".join(f"{HOST}:{node.place.port}" for node in self.nodes.values())

    def topic(self, partitions: int = 1, config: Mapping[str, str] | None = None) -> str:
        """Make a topic that no other test has, with a copy on up to three nodes; its name."""
        name = f"topic-{uuid4().hex[:12]}"
        copies = min(3, len(self.nodes))
        Admin(self.bootstrap_servers).create_topic(name, partitions, copies, config or {})
        return name

    def start_all(self) -> None:
        """Format the folders, start every node, return when each knows all the others."""
        formatters = {number: node.format(self._cluster_id) for number, node in self.nodes.items()}
        for number, formatter in formatters.items():
            said, _ = formatter.communicate(timeout=_READY_TIMEOUT_S)
            if formatter.returncode != 0:
                raise RuntimeError(f"node {number} was not formatted: {said}")
        for node in self.nodes.values():
            node.spawn()
        self.wait_ready()

    def start(self, number: int) -> None:
        """Start a node that was stopped or killed; return when it knows all running nodes."""
        self.nodes[number].spawn()
        self.wait_ready()

    def stop(self, number: int) -> None:
        """End a node as an operator would: its partitions move first."""
        self.nodes[number].stop()

    def kill(self, number: int) -> None:
        """SIGKILL a node."""
        self.nodes[number].kill()

    def stop_all(self) -> None:
        """End everything; the data stay in the folder."""
        for node in self.nodes.values():
            node.kill()

    def wait_ready(self) -> None:
        """Wait until every running node knows every running node."""
        running = {number for number, node in self.nodes.items() if node.is_running}
        deadline = time.monotonic() + _READY_TIMEOUT_S
        for number in running:
            self._wait_for(self.nodes[number], running, deadline)

    def _wait_for(self, node: Node, running: set[int], deadline: float) -> None:
        admin = Admin(f"{HOST}:{node.place.port}")
        while not self._knows(admin, running):
            if node.exited_within(0.1):
                raise RuntimeError(f"node {node.place.number} ended:\n{node.log_tail()}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"node {node.place.number} is not ready:\n{node.log_tail()}")

    def _knows(self, admin: Admin, running: set[int]) -> bool:
        answer = admin.live_nodes(timeout_s=1)
        return answer is not None and answer[0] == self._cluster_id and running <= answer[1]


def free_ports(count: int) -> list[int]:
    found: list[int] = []
    while len(found) < count:
        port = _system_random.choice(_PORTS)
        if port not in found and _is_free(port):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
