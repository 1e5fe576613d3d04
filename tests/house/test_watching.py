"""Alerts and dashboards ask for metrics that a worker tells, and lead to sections that are there."""

import json
import re
from typing import Any

import pytest
import yaml

from deploy.grafana.generate import files
from pipeline.core.breaker import Cause
from pipeline.core.metrics import METRICS, MetricKind
from tests.support.documents import anchors
from tests.support.tree import ROOT

_RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((ROOT / "deploy/prometheus/alerts.yaml").read_text())["groups"]
    for rule in group["rules"]
]
_BOARDS: list[dict[str, Any]] = [json.loads(path.read_text()) for path in files()]
_PANELS = [panel for board in _BOARDS for panel in board["panels"]]
_QUERIES = [rule["expr"] for rule in _RULES] + [
    target["expr"] for panel in _PANELS for target in panel["targets"]
]

_NAME = re.compile(r"\b(?:kameleoon_pipeline|process)_[a-z_]+|\bup\b|\bALERTS\b")
_SELECTOR = re.compile(r"([a-z_A-Z]+)\{([^}]*)\}")
_MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"')
_BY = re.compile(r"by \(([^)]*)\)")
_OF_PROMETHEUS = {"instance", "job"}
_HISTOGRAM = ("_bucket", "_sum", "_count")
_VALUES = {
    "cause": {cause.value for cause in Cause},
    "outcome": {"delivered", "filtered", "rejected", "failed", "expired", "lost"},
}


def _labels() -> dict[str, set[str]]:
    """Every series that can be asked for, with its labels."""
    told = {
        "up": _OF_PROMETHEUS,
        "ALERTS": {"alertname", "alertstate", "severity"},
        "process_cpu_seconds_total": _OF_PROMETHEUS,
        "process_resident_memory_bytes": _OF_PROMETHEUS,
        "process_start_time_seconds": _OF_PROMETHEUS,
    }
    for metric in METRICS:
        ends = _HISTOGRAM if metric.kind is MetricKind.HISTOGRAM else ("",)
        for end in ends:
            extra = {"le"} if end == "_bucket" else set()
            told[metric.name + end] = {*metric.labels, *_OF_PROMETHEUS, *extra}
    return told


def _mistakes(query: str) -> list[str]:
    """What a query asks for that nobody tells."""
    told = _labels()
    names = set(_NAME.findall(query))
    found = [f"no metric {name}" for name in names if name not in told]
    for name, selector in _SELECTOR.findall(query):
        for label, value in _MATCHER.findall(selector):
            if label not in told.get(name, set()):
                found.append(f"{name} has no label {label}")
            unknown = set(value.split("|")) - _VALUES.get(label, {*value.split("|")})
            found += [f"{label} is never {each}" for each in sorted(unknown)]
    grouped = {label.strip() for labels in _BY.findall(query) for label in labels.split(",")}
    known = set().union(*(told.get(name, set()) for name in names))
    return found + [f"nothing has the label {label}" for label in sorted(grouped - known)]


@pytest.mark.parametrize("query", _QUERIES)
def test_a_query_asks_for_what_a_worker_tells(query: str) -> None:
    assert _NAME.search(query)
    assert _mistakes(query) == []


@pytest.mark.parametrize(
    "query",
    [
        "kameleoon_pipeline_outcomes",
        "kameleoon_pipeline_http_seconds",
        'kameleoon_pipeline_outcomes_total{result="failed"}',
        'kameleoon_pipeline_outcomes_total{outcome=~"failed|dropped"}',
        "sum by (topic) (kameleoon_pipeline_brake_on)",
    ],
)
def test_a_mistake_in_a_query_is_seen(query: str) -> None:
    assert _mistakes(query)


@pytest.mark.parametrize("rule", _RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alert_says_how_bad_what_and_where_to_read_on(rule: dict[str, Any]) -> None:
    file, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"]["summary"].endswith(".")
    assert anchor in anchors(ROOT / file)


def test_each_alert_is_in_the_operations_guide() -> None:
    guide = (ROOT / "docs/operations.md").read_text()
    assert [rule["alert"] for rule in _RULES if f"`{rule['alert']}`" not in guide] == []
    assert len({rule["alert"] for rule in _RULES}) == len(_RULES)


def test_the_dashboards_are_as_they_are_described() -> None:
    """Else: `python deploy/grafana/generate.py`."""
    assert {path: path.read_text() for path in files()} == files()
    assert set((ROOT / "deploy/grafana/dashboards").iterdir()) == set(files())


def test_dashboards_and_panels_can_be_told_apart() -> None:
    assert len({board["uid"] for board in _BOARDS}) == len(_BOARDS) == 3
    for board in _BOARDS:
        ids = [panel["id"] for panel in board["panels"]]
        assert len(set(ids)) == len(ids)
        assert board["refresh"] == "10s"


def test_panels_do_not_lie_on_each_other() -> None:
    for board in _BOARDS:
        cells = [cell for panel in board["panels"] for cell in _cells(**panel["gridPos"])]
        assert len(set(cells)) == len(cells)
        assert max(column for column, _ in cells) < 24


def _cells(*, x: int, y: int, w: int, h: int) -> list[tuple[int, int]]:
    return [(column, row) for column in range(x, x + w) for row in range(y, y + h)]


def test_every_panel_says_what_it_shows_in_which_unit() -> None:
    units = {"none", "short", "s", "cps", "reqps", "percentunit", "bytes"}
    assert [panel["title"] for panel in _PANELS if not panel["description"]] == []
    assert {panel["fieldConfig"]["defaults"]["unit"] for panel in _PANELS} <= units


def test_the_tour_tells_of_every_panel() -> None:
    """In the order of the boards."""
    tour = (ROOT / "docs/dashboards.md").read_text()
    sections = re.split(r"^## ", tour, flags=re.MULTILINE)[1:]
    told = {
        section.partition("\n")[0]: re.findall(r"^\| ([^|]+) \|", section, re.MULTILINE)[1:]
        for section in sections
    }
    assert told == {board["title"]: [panel["title"] for panel in board["panels"]] for board in _BOARDS}
