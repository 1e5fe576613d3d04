"""How `top` looks on screens of different sizes."""

from rich.console import Console

from pipeline.cli.top_tables import drawn
from pipeline.core import metrics
from pipeline.core.top.reading import Away, Looks, Scrape
from pipeline.core.top.view import top_view

_LAGS = Scrape(1.0, {(metrics.LAG_RECORDS, ("events", str(number))): number * 1000.0 for number in range(40)})
_VIEW = top_view([Looks("http://one:1", _LAGS), Looks("http://two:2", Away("\x1b[31mrefused"))])


def _lines(width: int, height: int | None) -> list[str]:
    console = Console(width=width, highlight=False, color_system=None)
    with console.capture() as captured:
        console.print(drawn(_VIEW, width, height))
    return captured.get().splitlines()


def test_a_small_screen_shows_the_partitions_with_the_most_lag_and_how_many_more() -> None:
    lines = _lines(80, 30)
    assert len(lines) <= 30
    assert "39,000" in "".join(lines)
    assert " 1,000" not in "".join(lines)
    assert lines[-1].split() == ["the", "13", "with", "the", "most", "lag;", "27", "more"]


def test_a_pipe_gets_every_partition() -> None:
    assert sum(line.startswith("events") for line in _lines(240, None)) == 40


def test_what_a_page_says_gives_the_terminal_no_orders() -> None:
    text = "".join(_lines(240, None))
    assert "\ufffd[31mrefused" in text
    assert "\x1b" not in text
