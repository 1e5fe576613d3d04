"""The generated documents are those that the code and the recorded cases give."""

from pathlib import Path

import pytest

from pipeline.cli.documents import ROOT, compatibility_page, documents, reasons_page
from pipeline.core.outcome import Reason


@pytest.mark.parametrize("file", documents(), ids=lambda file: file.name)
def test_a_document_is_up_to_date(file: Path) -> None:
    assert file.read_text() == documents()[file], "run `python -m pipeline.cli.documents`"


def test_the_reasons_page_has_every_code() -> None:
    page = reasons_page()
    assert all(f"| `{reason}` |" in page for reason in Reason)


def test_the_compatibility_page_counts_the_recorded_cases() -> None:
    page = compatibility_page(ROOT / "tests" / "conformance")
    assert page.count(" recorded cases.") == 4
