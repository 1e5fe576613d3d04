"""The pipeline beside what else does its job, measured in interleaved rounds on this machine.

python -m bench                                             everything: RESULTS.md and results.svg here
python -m bench --only tls,mappings                         these tables; the others stay as they were
python -m bench --only pipeline,redpanda --events 50000     these contenders: printed, not written
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Final

from bench.explained import explain_seconds
from bench.picture import picture
from bench.processes import CACHE
from bench.results import RESULTS, page, rate, section, store, stored
from bench.rounds import Result, play
from bench.sizing.page import write as write_sizing
from bench.stage import Stage, open_stage
from bench.variants import TABLES, Table, Variant
from tests.support.kafka.unavailable import Unavailable

_PICTURE: Final = Path(__file__).with_name("results.svg")
_EXPLAINED: Final = 5


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="tables or contenders, with commas")
    parser.add_argument("--rounds", type=int, default=3, help="of each table (3)")
    parser.add_argument("--events", type=int, default=200_000, help="of the corpus (200,000)")
    return parser.parse_args()


def chosen(words: set[str]) -> dict[str, list[Variant]]:
    """The variants to run of each table. Raises ValueError for a word that is neither table nor variant."""
    known = {table.name for table in TABLES} | {v.name for table in TABLES for v in table.variants}
    if unknown := words - known:
        raise ValueError(f"{', '.join(sorted(unknown))}: there is {', '.join(sorted(known))}")
    tables = words & {table.name for table in TABLES}
    return {table.name: found for table in TABLES if (found := _of_table(table, words, tables))}


def _of_table(table: Table, words: set[str], tables: set[str]) -> list[Variant]:
    if tables and table.name not in tables:
        return []
    names = words - tables
    if not tables and names and table.name != TABLES[0].name:
        return []  # a contender alone means: side by side
    return [variant for variant in table.variants if not names or variant.name in names]


def _run(stage: Stage, table: Table, variants: list[Variant], options: argparse.Namespace) -> Result:
    rates = {row.name: rate(row) for found in reversed(stored().values()) for row in found.rows if row.runs}
    result = play(stage, table, variants, options.events, options.rounds, rates)
    if len(variants) == len(table.variants):
        store(result)
        _write(stage)
    sys.stdout.write(section(table, result) + "\n\n")
    return result


def _write(stage: Stage) -> None:
    results = stored()
    notes = [f"{stage.origin}. `explain` of one event takes {explain_seconds(_EXPLAINED):.2f} s."]
    RESULTS.write_text(page(results, notes))
    if TABLES[0].name in results:
        _PICTURE.write_text(picture(results[TABLES[0].name]))
    if all(table.name in results for table in TABLES):
        write_sizing()


def main() -> int:
    """Measure what was asked for; 1 where no Apache Kafka can be had, 2 for a word that means nothing."""
    options = _arguments()
    try:
        plays = chosen(set(filter(None, options.only.split(","))))
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    CACHE.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder, open_stage(Path(folder)) as stage:
            for table in TABLES:
                if table.name in plays:
                    _run(stage, table, plays[table.name], options)
    except Unavailable as reason:
        sys.stderr.write(f"no broker: {reason}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
