"""The list of metrics: names that Prometheus takes, with units, each once and explained."""

import re

from pipeline.core import metrics
from pipeline.core.exchange import Answer, NoAnswer, NoAnswerKind
from pipeline.core.metrics import METRICS, MetricKind, answer_label
from tests.support.tree import ROOT, python_files


def test_each_metric_has_a_name_of_its_own() -> None:
    assert len(METRICS) > 10
    assert len({metric.name for metric in METRICS}) == len(METRICS)


def test_names_and_labels_are_taken_by_prometheus() -> None:
    for metric in METRICS:
        assert re.fullmatch(r"kameleoon_pipeline_[a-z]+(_[a-z]+)*", metric.name)
        assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", label) for label in metric.labels)
        assert (metric.kind is MetricKind.COUNTER) == metric.name.endswith("_total")
        assert (metric.kind is MetricKind.HISTOGRAM) == bool(metric.bounds)
        assert list(metric.bounds) == sorted(metric.bounds)


def test_each_meaning_is_a_sentence() -> None:
    for metric in METRICS:
        assert re.fullmatch(r"[A-Z].*\.", metric.meaning)


def test_an_answer_is_labelled_by_status_or_by_what_failed() -> None:
    assert answer_label(Answer(429)) == "429"
    assert answer_label(NoAnswer(NoAnswerKind.TIMEOUT, "", bytes_written=True)) == "timeout"


def test_each_metric_is_counted_somewhere() -> None:
    counted = "".join(path.read_text() for path in python_files("pipeline/engine", "pipeline/adapters"))
    names = {name for name, found in vars(metrics).items() if found in METRICS}
    assert len(names) == len(METRICS)
    unused = [
        name for name in names if not re.search(rf"(add|set|observe|watch)\(\s*(metrics\.)?{name}\b", counted)
    ]
    assert unused == []


def test_each_metric_is_in_the_document() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text()
    assert [
        metric.name for metric in METRICS if f"| `{metric.name}` | {metric.kind.value} |" not in page
    ] == []
