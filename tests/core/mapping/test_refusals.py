"""What does not load: every mistake is named at once, where it stands."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.core.mapping import MappingError, compile_mapping

_CASES = yaml.safe_load(Path(__file__).with_name("refused.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", _CASES, ids=[str(case["mapping"])[:60] for case in _CASES])
def test_each_mistake_is_named_with_its_pointer(case: dict[str, Any]) -> None:
    with pytest.raises(MappingError) as refusal:
        compile_mapping(case["mapping"])
    problems = refusal.value.problems
    assert [problem.pointer for problem in problems] == [pointer for pointer, _ in case["problems"]]
    for problem, (_, part) in zip(problems, case["problems"], strict=True):
        assert part in str(problem)
        assert problem.hint


def test_a_refusal_reads_as_one_text() -> None:
    with pytest.raises(MappingError, match=r"^/a/@path should be .*; /b has an invalid directive: @bogus"):
        compile_mapping({"a": {"@path": 5}, "b": {"@bogus": 1}})
