"""The exposition: what was counted is what Prometheus's own parser reads."""

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from pipeline.adapters.prometheus import Exposition
from pipeline.core import metrics
from pipeline.core.metrics import METRICS
from pipeline.engine.meter import Meter


def _samples(meter: Meter) -> dict[str, list[Sample]]:
    families = text_string_to_metric_families(Exposition(meter).render().decode())
    return {family.name: family.samples for family in families}


def test_counts_are_read_back_with_their_labels() -> None:
    meter = Meter()
    meter.add(metrics.OUTCOMES, 3, "deliver", "delivered", "accepted")
    (sample,) = _samples(meter)["kameleoon_pipeline_outcomes"]
    labels = {"stage": "deliver", "outcome": "delivered", "reason": "accepted"}
    assert (sample.name, sample.labels, sample.value) == ("kameleoon_pipeline_outcomes_total", labels, 3)


def test_a_histogram_adds_its_buckets_up() -> None:
    meter = Meter()
    for seconds in (0.01, 0.2, 99.0):
        meter.observe(metrics.HTTP_SECONDS, seconds)
    samples = _samples(meter)["kameleoon_pipeline_http_seconds"]
    buckets = {sample.labels["le"]: sample.value for sample in samples if sample.name.endswith("_bucket")}
    assert (buckets["0.01"], buckets["0.25"], buckets["30"], buckets["+Inf"]) == (1, 2, 2, 3)
    assert {sample.value for sample in samples if sample.name.endswith("_count")} == {3}
    assert {sample.value for sample in samples if sample.name.endswith("_sum")} == {99.21}


def test_every_metric_is_named_and_explained_before_anything_is_counted() -> None:
    text = Exposition(Meter()).render().decode()
    for metric in METRICS:
        assert f"# HELP {metric.name} {metric.meaning}\n" in text
        assert f"# TYPE {metric.name} {metric.kind.value}\n" in text


def test_a_counter_without_labels_begins_at_zero() -> None:
    (sample,) = _samples(Meter())["kameleoon_pipeline_records_settled"]
    assert sample.value == 0


def test_the_processs_own_figures_are_told() -> None:
    assert _samples(Meter())["process_resident_memory_bytes"][0].value > 0
