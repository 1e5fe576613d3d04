"""What the page on mappings says is so."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.core.mapping import MappingError, compile_mapping
from pipeline.core.mapping.directives import DIRECTIVES
from pipeline.core.mapping.liquid.filters import FILTERS
from pipeline.core.mapping.liquid.render import TAGS

_PAGE = (Path(__file__).parents[3] / "docs" / "mappings.md").read_text(encoding="utf-8")
_BLOCKS = [
    yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", _PAGE, re.MULTILINE | re.DOTALL)
]
_EXAMPLES = [block for block in _BLOCKS if "result" in block]
_REFUSALS = [
    tuple(cell.replace("\\|", "|") for cell in row)
    for row in re.findall(r"^\| `([{\[].*?)` \| .+? \| `([{\[].*?)` \|$", _PAGE, re.MULTILINE)
]


def test_the_page_is_read_as_it_is_written() -> None:
    configurations = [block for block in _BLOCKS if "mappings" in block]
    assert len(_EXAMPLES) + len(configurations) == len(_BLOCKS)
    assert len(_EXAMPLES) > 20
    assert len(_REFUSALS) == _PAGE.split("## What is refused")[1].count("\n| `")


@pytest.mark.parametrize("example", _EXAMPLES, ids=[str(example["mapping"])[:50] for example in _EXAMPLES])
def test_an_example_gives_its_result(example: dict[str, Any]) -> None:
    assert set(example) == {"event", "mapping", "result"}
    assert compile_mapping(example["mapping"]).resolve(example["event"]) == example["result"]


def test_the_fields_of_the_first_block_load() -> None:
    (entry,) = _BLOCKS[0]["mappings"]
    compile_mapping(entry["fields"])


@pytest.mark.parametrize("written, instead", _REFUSALS)
def test_what_is_said_to_be_refused_is_and_what_to_write_instead_loads(written: str, instead: str) -> None:
    with pytest.raises(MappingError):
        compile_mapping({"v": json.loads(written)})
    compile_mapping({"v": json.loads(instead)})


def test_every_directive_has_an_example() -> None:
    shown = json.dumps([example["mapping"] for example in _EXAMPLES])
    assert [name for name in DIRECTIVES if f'"{name}"' not in shown] == []


def test_every_tag_and_filter_is_named() -> None:
    assert [name for name in (*TAGS, *FILTERS) if f"`{name}`" not in _PAGE] == []
