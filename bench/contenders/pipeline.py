"""The project itself: `kameleoon-pipeline run`, as a user starts it."""

import sys
from pathlib import Path
from typing import Any

import yaml

from bench.contenders.contender import Contender
from bench.job import Job
from bench.processes import Command

_PRESETS = ("track-calls", "page-calls", "group-calls", "identify-calls")


def configuration(job: Job) -> dict[str, Any]:
    """The configuration of a run; `delivery` and `mappings` are the variant's options."""
    topics = {
        "events": job.events_topic,
        "audit": job.audit_topic,
        "dead_letters": job.dead_letters_topic,
        "replays": job.replays_topic,
    }
    kafka = {"bootstrap_servers": job.servers, "group": job.group, "topics": topics}
    return {
        "destination": {"api_key": "eyJpZCI6ImJlbmNoIn0=", "sitecode": "bench12345"},
        "kafka": kafka,
        "mappings": mappings(job.options.get("mappings", len(_PRESETS))),
        "delivery": {"endpoint": job.endpoint, **job.options.get("delivery", {})},
        "admin": {"listen": "off"},
    }


def mappings(count: int) -> list[dict[str, str]]:
    """The four presets, and so many more with triggers that look at every track event's name."""
    more = [
        {"name": f"Never {n}", "trigger": f'type = "track" and event = "Never {n}"', "action": "logEvent"}
        for n in range(count - len(_PRESETS))
    ]
    return [*({"preset": preset} for preset in _PRESETS), *more]


def written(job: Job) -> Path:
    """The configuration as a file of the run's folder."""
    path = job.folder / "kameleoon-pipeline.yaml"
    path.write_text(yaml.safe_dump(configuration(job), sort_keys=False))
    return path


def _command(job: Job) -> Command:
    trust = {"SSL_CERT_FILE": str(job.certificate)} if job.certificate else {}
    words = [sys.executable, "-m", "pipeline.cli.main", "run", "--log-format", "json", "--config"]
    return Command([*words, str(written(job))], {**trust, "PYTHONUNBUFFERED": "1"})


PIPELINE = Contender("pipeline", "kameleoon-pipeline", _command)
