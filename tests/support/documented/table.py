"""How the commands of the documents are run by a test, which are not, and what each has to say.

A command that no table knows is a mistake, and so is an entry that no document needs any more.
"""

import re
from collections.abc import Mapping
from typing import Final

NOT_RUN: Final[Mapping[str, str]] = {
    "make ": "the targets are checked to exist; each takes minutes, or is what runs this test",
    "docker ": "needs a Docker engine: `make test-compose` runs the stack, and builds the image",
    "kubectl ": "needs a cluster: tests/house holds the manifests against the configuration",
    "kafka-": "a tool of Apache Kafka, which the jars of the tests do not hold",
    "pip ": "installs the package: tests/packaging does so",
    "venv/bin/pip ": "the same",
    "python3 -m venv ": "the same",
    "export PATH=": "for the reader's shell; the test has the command on its path",
    "kameleoon-pipeline demo": "tests/cli/test_demo.py runs it",
    "kameleoon-pipeline init": "the five minutes of the README begin with it, in an empty folder",
}
"""How a command begins that is not run, and why."""

LITERALS: Final[Mapping[str, str]] = {
    "127.0.0.1:9464": "127.0.0.1:{admin}",
    "127.0.0.1:9465": "127.0.0.1:{next_admin}",
    "localhost:9092": "{servers}",
    "127.0.0.1:8088": "127.0.0.1:0",
    "0.0.0.0:8088": "127.0.0.1:0",
    "2026-11-22T08:00Z": "{an_hour_ago}",
    " FILE": " event.json",
    " EVENT": " event.json",
}
"""What a document writes in place of the reader's own, and what the test has there."""

OPTIONS: Final[Mapping[str, str]] = {
    "kameleoon-pipeline page": "--listen 127.0.0.1:0",
    "kameleoon-pipeline sandbox": "--port 0",
}
"""What a command needs beside what is written, unless it is: its port may be taken on this machine."""

STAYS: Final = (
    r"kameleoon-pipeline (page|sandbox|tap|run)\b",
    r"kameleoon-pipeline audit tail(?!.*(--no-follow|--message-id))",
    r"kameleoon-pipeline explain --watch",
)
"""Commands that go on while events pass; they are interrupted when they have said what they have to."""

SAYS: Final[Mapping[str, str]] = {
    r"kameleoon-pipeline page": r"^the delivery page: http://\S+/$",
    r"kameleoon-pipeline sandbox": r"^what it received: http://",
    r"kameleoon-pipeline run": r"partition open",
    r"kameleoon-pipeline tap .*--outcome rejected": r"segment-events.*rejected",
    r"kameleoon-pipeline tap": r"segment-events",
    r"kameleoon-pipeline top\b.*--json": r'"is_ready": true',
    r"kameleoon-pipeline top\b": r"^(\d) of \1 workers? answer",
    r"kameleoon-pipeline audit tail": r"segment-events",
    r"kameleoon-pipeline audit summary": r"accepted",
    r"kameleoon-pipeline reconcile .*> offsets.csv": r"\A(segment-events,\d+,\d+\n){12}\Z",
    r"kameleoon-pipeline reconcile": r"^Every one of [\d,]+ records is accounted for",
    r"kameleoon-pipeline replay": r"^mapping_failed +Orders +1\b",
    r"kameleoon-pipeline explain --rules": r"accepted",
    r"kameleoon-pipeline explain": r"^trigger +Orders: matches$",
    r"kameleoon-pipeline check --schema": r'^  "\$schema": ',
    r"kameleoon-pipeline check --online": r"^credentials: \S+ takes the API key$",
    r"kameleoon-pipeline check": r": no mistakes",
    r"kameleoon-pipeline topics": r"as the contract has them: nothing to do",
    r"kameleoon-pipeline produce": r"^1 events on segment-events$",
    r"kameleoon-pipeline --install-completion": r"completion installed",
    r"curl .*/ready": r'"ready": true',
    r"curl .*/live": r'"live": true',
    r"curl .*/metrics": r"^kameleoon_pipeline_\w+(\{.*\})? [\d.]+$",
}
"""What a command says, the first that fits: so it has done its work."""

ENDS_WITH: Final[Mapping[str, int]] = {"kameleoon-pipeline explain --watch": 130}
"""Exit codes other than 0 that the documents tell of."""

CREW: Final = "kameleoon-pipeline run --workers 4 --config kameleoon-pipeline.yaml"
"""The workers that the other commands find at work: a command of the documents as well."""

_PLACEHOLDER: Final = re.compile(
    r"(?:localhost|\d+(?:\.\d+){3}):\d+|\d{4}-\d\d-\d\dT[\d:.]+Z?|(?<= )[A-Z]{2,}\b|<[a-z][^>]*>|…|\.\.\."
)


def is_run(command: str) -> bool:
    """Whether the test runs the command."""
    return not command.startswith(tuple(NOT_RUN))


def unknown_placeholders(command: str) -> list[str]:
    """What stands for something of the reader's own and is not in the table."""
    for literal in LITERALS:
        command = command.replace(literal, "")
    first_line, _, _ = command.partition("<<")
    return _PLACEHOLDER.findall(first_line)


def stays(command: str) -> bool:
    """Whether the command goes on while events pass."""
    return any(re.match(pattern, command) for pattern in STAYS)


def ends_by_itself(command: str) -> bool:
    """Whether a command that goes on ends when it has shown enough."""
    return " --limit " in command


def key_of(command: str) -> str | None:
    """The entry of `SAYS` that the command is under."""
    return next((pattern for pattern in SAYS if re.match(pattern, command, re.DOTALL)), None)


def has_said(command: str, said: str) -> bool:
    """Whether it is there what the command has to say."""
    key = key_of(command)
    assert key is not None, f"no table says what {command} has to say"
    return re.search(SAYS[key], said, re.MULTILINE) is not None


def exit_code(command: str) -> int:
    """What the command has to end with."""
    return next((code for start, code in ENDS_WITH.items() if command.startswith(start)), 0)


def put_in(command: str, own: Mapping[str, object]) -> str:
    """The command as it is typed in the test's folder."""
    for start, option in OPTIONS.items():
        name, _, _ = option.partition(" ")
        if command.startswith(start) and name not in command:
            command = f"{command} {option}"
    for literal, ours in LITERALS.items():
        command = command.replace(literal, ours.format_map(own))
    return command
