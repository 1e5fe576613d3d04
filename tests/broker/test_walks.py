"""The scripts that documents tell a reader to type, typed: they are taken from the pages themselves."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.documented.commands import CRASH, FIVE_MINUTES, README
from tests.support.documents import blocks
from tests.support.kafka.cluster import Cluster, free_ports
from tests.support.shell import Checkout, Ended

pytestmark = pytest.mark.slow

_PARTITIONS = 12
_SHOWN_BY_TAIL = 20
_LONGEST_S = 200
_MILLISECONDS = re.compile(r"\d[\d.,]* ms")


def _put_in(script: str, changes: Mapping[str, str]) -> str:
    """The script with what has to differ on this machine; each change is made, or it is a mistake."""
    for written, put_in in changes.items():
        assert written in script, f"the document does not say {written!r} any more"
        script = script.replace(written, put_in)
    return script


def _ours(node: Cluster) -> dict[str, str]:
    """The addresses: the broker's, and ports that nobody has."""
    sandbox, admin = free_ports(2)
    return {
        "KAFKA_BOOTSTRAP_SERVERS=localhost:9092": f"KAFKA_BOOTSTRAP_SERVERS={node.bootstrap_servers}",
        "localhost:8010": f"localhost:{sandbox}",
        "kameleoon-pipeline sandbox": f"kameleoon-pipeline sandbox --port {sandbox}",
        "\ndelivery:\n": f"\nadmin:\n  listen: 127.0.0.1:{admin}\n\ndelivery:\n",
    }


def _until_counted(events: int) -> str:
    """In place of a `sleep`: how long it takes depends on the machine."""
    counted = f"grep '{events:,} of {events:,} events' > counted"
    return f"until kameleoon-pipeline audit summary | {counted}; do :; done"


def _until_open(partitions: int) -> str:
    """The same: a worker has opened all its partitions."""
    opened = "$(grep --count 'partition open' first.log)"
    return f"until [ -e first.log ] && [ {opened} = {partitions} ]; do :; done"


async def _walked(checkout: Checkout, script: str) -> Ended:
    """Type the script, its last `kill` with a look at how what it ends has ended."""
    script = re.sub(
        r"^kill (?!-).*\n\Z",
        r"started=$(jobs -p)\n\g<0>for each in $started; do wait $each; done\n",
        script,
        flags=re.MULTILINE,
    )
    assert "wait $each" in script
    ended = await checkout.start(script, "walk").ended(_LONGEST_S)
    assert ended.code == 0, ended
    return ended


def _comparable(text: str) -> str:
    """Without how long it took, and without the blanks that fill the last column."""
    lines = _MILLISECONDS.sub("N ms", text).splitlines()
    return "\n".join(line.rstrip() for line in lines)


def _told_in(file: Path, first_words: str) -> str:
    """The block of output that a document shows."""
    (found,) = (
        block.text for block in blocks("text") if block.file == file and block.text.startswith(first_words)
    )
    return found


def _counts(ended: Ended) -> dict[str, int]:
    """What the sandbox received: the last that the script prints."""
    told: dict[str, int] = json.loads(ended.output[ended.output.rindex('{"requests"') :])
    return told


def _number(ended: Ended, line: str) -> int:
    """What the last summary says in such a line."""
    return int(re.findall(line, ended.output, re.MULTILINE)[-1].replace(",", ""))


async def test_the_five_minutes_of_the_readme(lone_node: Cluster, checkout: Checkout) -> None:
    script = _put_in(FIVE_MINUTES, {**_ours(lone_node), "sleep 5": _until_counted(125)})
    ended = await _walked(checkout, script)

    assert ended.errors == ""
    assert "125 events on segment-events\n" in ended.output
    assert _comparable(_told_in(README, "outcome ")) in _comparable(ended.output)
    assert len(re.findall(r"\tsegment-events-\d+@\d+\t", ended.output)) == _SHOWN_BY_TAIL
    assert "trigger     Track Calls: matches\n" in ended.output
    assert "validate    valid\n" in ended.output
    assert _counts(ended)["accepted_events"] == 115


async def test_the_crash_of_the_guarantees(lone_node: Cluster, checkout: Checkout) -> None:
    """With the configuration of the README, but for a session that ends sooner."""
    set_up, _, _ = FIVE_MINUTES.partition("kameleoon-pipeline check\n")
    sooner = r"sed --in-place 's/^kafka:$/kafka:\n  session_timeout: 6s/' kameleoon-pipeline.yaml"
    waits = {"sleep 5": _until_open(2 * _PARTITIONS), "sleep 60": _until_counted(2463)}
    script = f"{set_up}{sooner}\nkameleoon-pipeline topics apply\n{CRASH}"
    ended = await _walked(checkout, _put_in(script, {**_ours(lone_node), **waits}))

    assert re.fullmatch(r"bash: .* Killed +kameleoon-pipeline run 2> first.log\n", ended.errors)
    assert "2,463 events on segment-events\n" in ended.output
    delivered = _number(ended, r"^delivered  accepted +([\d,]+)")
    sent_twice = _counts(ended)["accepted_events"] - delivered
    assert 0 <= sent_twice <= _number(ended, r"^possible duplicates +([\d,]+)")
    assert delivered > 1900
