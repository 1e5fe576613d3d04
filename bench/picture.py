"""bench/results.svg: events per CPU second of each contender, as bars."""

from html import escape
from statistics import median
from typing import Final

from bench.measure import Measured
from bench.rounds import Result

_WIDTH, _LEFT, _BAR, _GAP, _TOP = 860, 330, 22, 12, 56
_OURS, _OTHERS = "#1f6feb", "#8c959f"
_STYLE: Final = "font: 13px sans-serif; fill: #57606a"


def picture(result: Result) -> str:
    """The table `peers` as SVG."""
    rows = [
        (row.name, row.title.replace("`", ""), _per_cpu_second(row.runs)) for row in result.rows if row.runs
    ]
    most = max((value for _, _, value in rows), default=1.0)
    height = _TOP + len(rows) * (_BAR + _GAP)
    bars = [_bar(number, *row, most) for number, row in enumerate(rows)]
    head = f'<text x="8" y="24" style="{_STYLE}; font-weight: bold">Events per second of CPU time</text>'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
            head,
            *bars,
            "</svg>\n",
        ]
    )


def _per_cpu_second(runs: list[Measured]) -> float:
    return 1e6 / median(run.cpu_us for run in runs)


def _bar(number: int, name: str, title: str, value: float, most: float) -> str:
    y = _TOP + number * (_BAR + _GAP)
    width = max(1, (_WIDTH - _LEFT - 90) * value / most)
    color = _OURS if name.startswith("pipeline") else _OTHERS
    return (
        f'<text x="{_LEFT - 10}" y="{y + 16}" text-anchor="end" style="{_STYLE}">{escape(title)}</text>'
        f'<rect x="{_LEFT}" y="{y}" width="{width:.1f}" height="{_BAR}" fill="{color}"/>'
        f'<text x="{_LEFT + width + 8:.1f}" y="{y + 16}" style="{_STYLE}">{value:,.0f}</text>'
    )
