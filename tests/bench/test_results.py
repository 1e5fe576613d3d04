"""What is measured is told: tables, picture, and why a contender is missing."""

from bench.__main__ import chosen
from bench.measure import Measured
from bench.picture import picture
from bench.results import section
from bench.rounds import Result, Row
from bench.served import Arrived
from bench.variants import TABLES


def measured(cpu_us: float) -> Measured:
    return Measured(Arrived(95, 95, 95, 0.0), 1e6 / cpu_us, cpu_us, 64 << 20, 1.0, ((1.0, 64 << 20),))


RESULT = Result(
    "peers",
    100,
    95,
    3,
    0.1,
    (
        Row("pipeline", "kameleoon-pipeline", runs=[measured(30), measured(40), measured(50)]),
        Row("faust", "Faust", runs=[measured(80)]),
        Row("segment", "Segment", trouble="could not be built: there is no `node`"),
    ),
)


def test_a_table_tells_medians_spread_and_trouble() -> None:
    text = section(TABLES[0], RESULT)
    assert "| 25,000 (20,000 to 33,333) | 40.0 (30.0 to 50.0) | 25,000 | 64 MiB |" in text
    assert "| kameleoon-pipeline | Faust | 2.00 | 2.00 |" in text
    assert "* Segment: could not be built: there is no `node`" in text


def test_the_picture_has_a_bar_for_each_that_ran() -> None:
    drawn = picture(RESULT)
    assert drawn.count("<rect") == 2
    assert ">25,000</text>" in drawn


def test_contenders_alone_are_measured_side_by_side() -> None:
    found = chosen({"pipeline", "redpanda"})
    assert {table: [variant.name for variant in variants] for table, variants in found.items()} == {
        "peers": ["pipeline", "redpanda"]
    }
    assert set(chosen({"tls"})) == {"tls"}
    assert set(chosen(set())) == {table.name for table in TABLES}
