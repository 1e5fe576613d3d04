"""Writes Grafana's dashboards from dashboards.yaml: `python deploy/grafana/generate.py`."""

import json
from pathlib import Path
from typing import Any, Final

import yaml

_HERE: Final = Path(__file__).parent
_DATASOURCE: Final = {"type": "prometheus", "uid": "prometheus"}
_COLUMNS: Final = 24
_TAG: Final = "kameleoon-pipeline"
_NUMBER_SIZE: Final = (4, 4)
_GRAPH_SIZE: Final = (12, 8)


def files() -> dict[Path, str]:
    """Each dashboard's file and what it is to hold."""
    described = yaml.safe_load((_HERE / "dashboards.yaml").read_text())
    return {
        _HERE / "dashboards" / f"{name}.json": json.dumps(_dashboard(name, found), indent=1) + "\n"
        for name, found in described.items()
    }


def _dashboard(name: str, described: dict[str, Any]) -> dict[str, Any]:
    return {
        "uid": f"kameleoon-{name}",
        "title": described["title"],
        "description": described["means"],
        "tags": [_TAG],
        "schemaVersion": 41,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "links": [{"type": "dashboards", "title": "Others", "tags": [_TAG], "keepTime": True}],
        "panels": _placed(described["panels"]),
    }


def _placed(panels: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """From left to right, and from the top down."""
    placed = []
    left = top = height = 0
    for number, described in enumerate(panels, start=1):
        panel, (wide, high) = _number(described) if "number" in described else _graph(described)
        if left + wide > _COLUMNS:
            left, top, height = 0, top + height, 0
        placed.append({"id": number, **panel, "gridPos": {"x": left, "y": top, "w": wide, "h": high}})
        left, height = left + wide, max(height, high)
    return placed


def _number(described: dict[str, Any]) -> tuple[dict[str, Any], tuple[int, int]]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if "red_from" in described:
        steps.append({"color": "red", "value": described["red_from"]})
    options = {"colorMode": "value", "graphMode": "area", "reduceOptions": {"calcs": ["lastNotNull"]}}
    defaults = {"noValue": "none", "thresholds": {"mode": "absolute", "steps": steps}}
    series = {described["number"]: described["value"]}
    return _panel("stat", described["number"], described, series, defaults, options), _NUMBER_SIZE


def _graph(described: dict[str, Any]) -> tuple[dict[str, Any], tuple[int, int]]:
    is_stacked = described.get("stacked", False)
    custom = {
        "fillOpacity": 25 if is_stacked else 5,
        "showPoints": "never",
        "stacking": {"mode": "normal" if is_stacked else "none"},
    }
    options = {
        "legend": {"displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull", "max"]},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    defaults = {"custom": custom, "min": 0}
    panel = _panel("timeseries", described["graph"], described, described["series"], defaults, options)
    return panel, _GRAPH_SIZE


def _panel(
    kind: str,
    title: str,
    described: dict[str, Any],
    series: dict[str, str],
    defaults: dict[str, Any],
    options: dict[str, Any],
) -> dict[str, Any]:
    return {
        "type": kind,
        "title": title,
        "description": described["means"],
        "datasource": _DATASOURCE,
        "fieldConfig": {"defaults": {"unit": described["unit"], **defaults}, "overrides": []},
        "options": options,
        "targets": [
            {"refId": chr(ord("A") + index), "datasource": _DATASOURCE, "expr": query, "legendFormat": name}
            for index, (name, query) in enumerate(series.items())
        ],
    }


if __name__ == "__main__":
    for file, text in files().items():
        file.write_text(text)
