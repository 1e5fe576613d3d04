"""What `replay` has found and done, for people and for programs."""

import json
import sys
from typing import Final

from rich.table import Table
from rich.text import Text

from pipeline.adapters.replay_run import Report
from pipeline.cli.console import printable, wide_console
from pipeline.config.model import Config
from pipeline.core.replay_selection import Chosen, Standing

_LEFT_ALONE: Final = {
    Standing.REPLAYED: "put back before",
    Standing.SUPERSEDED: "told again by a newer dead letter",
    Standing.UNWANTED: "not asked for",
    Standing.UNKNOWN: "older than what the replays topic still tells of",
}
_GONE_SHOWN: Final = 10


def print_json(report: Report, config: Config, *, execute: bool) -> None:
    """One object on standard output."""
    found = {
        "pipeline": config.kafka.group,
        "executed": execute,
        "chosen": report.chosen.total(),
        "put_back": report.put_back,
        "by_reason_and_mapping": [
            {"reason": reason, "mapping": mapping, "count": count, "mapping_exists": _exists(config, mapping)}
            for (reason, mapping), count in _sorted(report)
        ],
        "read_from_source": report.at_source,
        "left_alone": {str(standing): report.standings[standing] for standing in _LEFT_ALONE},
        "samples": [_sample(chosen) for chosen in report.samples],
        "originals_gone": len(report.gone),
        "gone": [_sample(chosen) for chosen in report.gone[:_GONE_SHOWN]],
    }
    sys.stdout.write(json.dumps(found) + "\n")


def print_text(report: Report, config: Config, *, execute: bool) -> None:
    """Tables, then what was or would be done; what is gone on standard error."""
    console, total = wide_console(), report.chosen.total()
    if total:
        console.print(_counts(report, config), "", _samples(report), "")
    said = "are put back" if execute else "would be put back"
    count = report.put_back if execute else total
    print(f"{count:,} dead letters of {config.kafka.group} {said} on {config.kafka.topics.replays}.")
    if report.at_source:
        print(f"{report.at_source:,} of them were too large to keep: read from where they stood before.")
    for standing, meaning in _LEFT_ALONE.items():
        if report.standings[standing]:
            print(f"{report.standings[standing]:,} left alone: {meaning}.")
    if total and not execute:
        print("Nothing was written: --execute does it.")
    for chosen in report.gone[:_GONE_SHOWN]:
        print(f"{printable(_place(chosen))}: the original is no longer there, not put back", file=sys.stderr)
    if len(report.gone) > _GONE_SHOWN:
        print(f"and {len(report.gone) - _GONE_SHOWN:,} more originals are gone", file=sys.stderr)


def _counts(report: Report, config: Config) -> Table:
    table = Table("reason", "mapping", "dead letters", "note", box=None, pad_edge=False)
    for (reason, mapping), count in _sorted(report):
        note = "" if _exists(config, mapping) else "no such mapping now: will be rejected as mapping_unknown"
        table.add_row(_cell(reason), _cell(mapping or "(all, anew)"), f"{count:,}", note)
    return table


def _samples(report: Report) -> Table:
    table = Table("message id", "failed at", "reason", "mapping", "first stood at", box=None, pad_edge=False)
    for chosen in report.samples:
        letter = chosen.letter
        table.add_row(
            *map(
                _cell,
                (
                    letter.message_id or "",
                    letter.failed_at,
                    letter.reason,
                    letter.origin.mapping or "",
                    _place(chosen),
                ),
            )
        )
    return table


def _exists(config: Config, mapping: str | None) -> bool:
    return mapping is None or config.plan.enabled(mapping) is not None


def _cell(text: str) -> Text:
    return Text(printable(text))


def _place(chosen: Chosen) -> str:
    position = chosen.letter.origin.position
    return f"{position.topic}-{position.partition}@{position.offset}"


def _sample(chosen: Chosen) -> dict[str, object]:
    letter, position = chosen.letter, chosen.letter.origin.position
    return {
        "message_id": letter.message_id,
        "reason": letter.reason,
        "mapping": letter.origin.mapping,
        "failed_at": letter.failed_at,
        "origin": {"topic": position.topic, "partition": position.partition, "offset": position.offset},
    }


def _sorted(report: Report) -> list[tuple[tuple[str, str | None], int]]:
    return sorted(report.chosen.items(), key=lambda item: (item[0][0], item[0][1] or ""))
