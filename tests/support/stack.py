"""docker-compose.yml as its user runs it, under a project name and on ports of its own."""

import json
import os
import subprocess
from dataclasses import dataclass, field
from uuid import uuid4

from tests.support.kafka.cluster import free_ports
from tests.support.tree import ROOT


@dataclass(frozen=True, slots=True)
class Stack:
    """One project of Docker Compose."""

    name: str = field(default_factory=lambda: f"test-{uuid4().hex[:12]}")
    kafka_port: int = field(default_factory=lambda: free_ports(1)[0])
    sandbox_port: int = field(default_factory=lambda: free_ports(1)[0])
    page_port: int = field(default_factory=lambda: free_ports(1)[0])
    prometheus_port: int = field(default_factory=lambda: free_ports(1)[0])
    grafana_port: int = field(default_factory=lambda: free_ports(1)[0])

    def compose(self, *arguments: str) -> str:
        """`docker compose …`; its output. A failure shows all that it and the services said."""
        done = self._run(*arguments)
        if done.returncode != 0:
            raise AssertionError(f"{done.stdout}\n{done.stderr}\n{self.logs()}")
        return done.stdout

    def logs(self) -> str:
        """The newest lines of every service."""
        return self._run("logs", "--tail=40").stdout

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        ports = {
            "KAFKA_PORT": str(self.kafka_port),
            "SANDBOX_PORT": str(self.sandbox_port),
            "PAGE_PORT": str(self.page_port),
            "PROMETHEUS_PORT": str(self.prometheus_port),
            "GRAFANA_PORT": str(self.grafana_port),
        }
        return subprocess.run(
            ["docker", "compose", "--project-name", self.name, *arguments],
            cwd=ROOT,
            env=os.environ | ports,
            capture_output=True,
            text=True,
            check=False,
        )

    def in_image(self, *command: str) -> str:
        """What a command prints in a container of the pipeline's image."""
        return self.compose(
            "run", "--rm", "--no-deps", "--no-TTY", "--entrypoint", command[0], "topics", *command[1:]
        )

    def exit_codes(self, service: str) -> list[int]:
        """How the service's containers ended."""
        shown = self.compose("ps", "--all", "--format", "json", service)
        return [json.loads(line)["ExitCode"] for line in shown.splitlines()]
