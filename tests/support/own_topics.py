"""Four topics of a test's own: their configuration, as a section and as a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.config.kafka import Kafka
from tests.support.configuration import API_KEY, SITECODE
from tests.support.kafka.broker import Broker

FILE = """\
destination:
  api_key: {api_key}
  sitecode: "{sitecode}"
kafka:
  bootstrap_servers: {servers}
  topics: {{events: {prefix}-e, audit: {prefix}-a, dead_letters: {prefix}-d, replays: {prefix}-r}}
"""


@contextmanager
def own_topics(broker: Broker, prefix: str) -> Iterator[Kafka]:
    """The section `kafka` under names of this prefix; what was made of them is removed."""
    names = {role: f"{prefix}-{role[0]}" for role in ("events", "audit", "dead_letters", "replays")}
    yield Kafka.model_validate({"bootstrap_servers": broker.bootstrap_servers, "topics": names})
    if broker.is_real:
        ours = set(names.values()) - set(broker._made)
        broker.admin.delete_topics([name for name in ours if broker.admin.partitions(name)])


def config_file(folder: Path, broker: Broker, prefix: str) -> str:
    """A configuration file that names the same topics; its path."""
    file = folder / "pipeline.yaml"
    file.write_text(
        FILE.format(api_key=API_KEY, sitecode=SITECODE, servers=broker.bootstrap_servers, prefix=prefix)
    )
    return str(file)
