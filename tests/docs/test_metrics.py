"""The metrics that documents name are those that a worker counts."""

import re

import pytest

from pipeline.core.metrics import METRICS
from tests.support.documents import documents
from tests.support.tree import shown

_NAMED = re.compile(r"\bkameleoon_pipeline_[a-z_]*[a-z]")
_SUFFIXES = ("", "_bucket", "_count", "_sum")


def _named() -> list[tuple[str, str]]:
    """Each file that names a metric, with the name."""
    return [
        (shown(file), name) for file in documents() for name in sorted(set(_NAMED.findall(file.read_text())))
    ]


def _unknown(name: str) -> bool:
    return not any(name == metric.name + suffix for metric in METRICS for suffix in _SUFFIXES)


@pytest.mark.parametrize("where, name", _named())
def test_a_metric_that_is_named_exists(where: str, name: str) -> None:
    assert not _unknown(name), where


def test_a_metric_that_is_not_there_is_seen() -> None:
    assert len(_named()) > len(METRICS)
    assert _unknown("kameleoon_pipeline_outcomes")
