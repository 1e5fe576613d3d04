"""Imitates Grafana where its image cannot be had.

Reads the provisioning as Grafana does, tells of its health and its dashboards, and passes queries on to the
data source that was provisioned. It draws nothing, and keeps no promise of Grafana's.
"""

import json
import os
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

_PROVISIONING = Path(os.environ.get("GF_PATHS_PROVISIONING", "/etc/grafana/provisioning"))
_PROXY = "/api/datasources/proxy/uid/"


def _provisioned(kind: str, key: str) -> list[dict[str, Any]]:
    files = sorted((_PROVISIONING / kind).glob("*.yaml"))
    return [found for file in files for found in yaml.safe_load(file.read_text())[key]]


_SOURCES = {found["uid"]: found for found in _provisioned("datasources", "datasources")}
_BOARDS = [
    json.loads(file.read_text())
    for provider in _provisioned("dashboards", "providers")
    for file in sorted(Path(provider["options"]["path"]).glob("*.json"))
]


class Pages(BaseHTTPRequestHandler):
    """The few pages that the tests and the health check ask for."""

    def do_GET(self) -> None:
        """Answer as Grafana's API does."""
        if self.path == "/api/health":
            self._say({"database": "ok", "version": "imitation"})
        elif self.path.startswith("/api/search"):
            self._say(
                [{"uid": board["uid"], "title": board["title"], "type": "dash-db"} for board in _BOARDS]
            )
        elif self.path.startswith(_PROXY):
            self._pass_on(*self.path.removeprefix(_PROXY).split("/", 1))
        else:
            self._say({"message": "the imitation has no such page"}, 404)

    def _pass_on(self, uid: str, rest: str) -> None:
        try:
            with urllib.request.urlopen(f"{_SOURCES[uid]['url']}/{rest}", timeout=10) as answer:  # noqa: S310 (as provisioned)
                self._say(json.load(answer))
        except urllib.error.HTTPError as error:
            self._say(json.load(error), error.code)

    def _say(self, told: Any, status: int = 200) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("", 3000), Pages).serve_forever()
