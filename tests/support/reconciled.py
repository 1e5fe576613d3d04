"""The verb `reconcile` as a person runs it, and what it prints."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

from pipeline.cli.main import app


@dataclass(frozen=True)
class Reconciled:
    """What one run of the command told."""

    exit_code: int
    told: dict[str, Any]

    @property
    def wrong(self) -> dict[tuple[int, int], str]:
        """What is wrong, by partition and offset."""
        return {
            (partition["partition"], finding["offset"]): finding["kind"]
            for partition in self.told["partitions"]
            for finding in partition["findings"]
        }

    def total(self, figure: str) -> int:
        """One figure of all partitions."""
        return sum(partition[figure] for partition in self.told["partitions"])


async def reconciled(config: object, *options: str) -> Reconciled:
    """Run `reconcile --json`; the loop goes on meanwhile."""
    arguments = ["reconcile", "--config", str(config), "--json", *options]
    result = await asyncio.to_thread(CliRunner().invoke, app, arguments)
    assert result.stdout, result.stderr
    return Reconciled(result.exit_code, json.loads(result.stdout))
