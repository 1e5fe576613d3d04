"""The generated documents are those that the code and the recorded cases give."""

from pathlib import Path

import pytest

from pipeline.cli.document_liquid import liquid_section
from pipeline.cli.documents import ROOT, compatibility_page, documents, reasons_page
from pipeline.core.mapping import MappingError, compile_mapping
from pipeline.core.mapping.liquid.filters import FILTERS
from pipeline.core.mapping.liquid.render import TAGS
from pipeline.core.outcome import Reason


@pytest.mark.parametrize("file", documents(), ids=lambda file: file.name)
def test_a_document_is_up_to_date(file: Path) -> None:
    assert file.read_text() == documents()[file], "run `python -m pipeline.cli.documents`"


def test_the_reasons_page_has_every_code() -> None:
    page = reasons_page()
    assert all(f"| `{reason}` |" in page for reason in Reason)


def test_the_compatibility_page_counts_the_recorded_cases() -> None:
    page = compatibility_page(ROOT / "tests" / "conformance")
    assert page.count(" recorded cases.") == len(list((ROOT / "tests/conformance/differences").iterdir()))


def test_the_compatibility_page_lists_every_filter_and_tag_that_runs() -> None:
    (tags, filters) = [
        line for line in liquid_section().splitlines() if line.startswith(("| tags", "| filters"))
    ]
    assert all(f"`{name}`" in tags.split("|")[2] for name in TAGS)
    assert all(f"`{name}`" in filters.split("|")[2] for name in FILTERS)


def test_what_the_compatibility_page_calls_refused_is_refused() -> None:
    (filters,) = [line for line in liquid_section().splitlines() if line.startswith("| filters")]
    refused = [name.strip("` ") for column in filters.split("|")[3:5] for name in column.split(",")]
    assert len(refused) > 20
    for name in refused:
        with pytest.raises(MappingError):
            compile_mapping({"event": {"@liquid": f"{{{{ event | {name} }}}}"}})
