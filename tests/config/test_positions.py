"""The place of a character in a scalar's value is its place in the file, however the scalar is written."""

import string

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.report import Report
from pipeline.config.scalar import Text
from pipeline.config.tree import Tree

WORDS = st.lists(st.text(string.ascii_letters, min_size=1, max_size=6), min_size=1, max_size=12, unique=True)
STYLES = st.sampled_from(["'", '"', "|", ">", ""])


def text_at(source: str, **environment: str) -> Text:
    node = yaml.compose(source, Loader=yaml.SafeLoader)
    assert node is not None
    data = Tree(source, environment, Report("file")).build(node)
    assert isinstance(data["key"], Text)
    return data["key"]


@given(WORDS, STYLES, st.sampled_from([" ", "\n"]), st.integers(1, 4))
def test_every_word_is_found_where_it_stands(words: list[str], style: str, gap: str, indent: int) -> None:
    margin = " " * indent
    separator = f"\n{margin}" if gap == "\n" else " "
    body = separator.join(f"{word}." for word in words)
    lead = f"{style}\n{margin}" if style in ("|", ">") and style else style
    tail = style if style in ("'", '"') else ""
    source = f"key: {lead}{body}{tail}\nother: 1\n"
    text = text_at(source)
    for word in words:
        offset = text.index(f"{word}.")
        line, column = text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
        found = text.place(line, column)
        assert found is not None
        file_line, file_column = found
        assert source.split("\n")[file_line - 1][file_column - 1 :].startswith(f"{word}.")


@pytest.mark.parametrize(
    "source, needle, place",
    [
        (r'key: "a \"b\" c"', "c", (1, 15)),
        (r'key: "tab\tand \x41 here"', "here", (1, 21)),
        ("key: 'it''s here'", "here", (1, 13)),
        ("key: |  # about\n\n    a\n      here\n", "here", (4, 7)),
        ("key: >+\n  a\n\n  here\n\n", "here", (4, 3)),
        ('key: "a \\\n   here"', "here", (2, 4)),
        ("key: &anchor here", "here", (1, 14)),
        ("key: &anchor !!str 'here'", "here", (1, 21)),
        ("key: &anchor |\n  here", "here", (2, 3)),
        (r'key: "\ud83d\ude00 here \uD83D\uDE00"', "here", (1, 20)),
        (r'key: "\ud83d\ude00 here \uD83D\uDE00"', "\U0001f600", (1, 7)),
        ("key: ${LONG} here", "here", (1, 14)),
        ("key: $${X} here", "here", (1, 12)),
        ("key: a ${LONG}", "long value", (1, 8)),
    ],
)
def test_escapes_folds_and_variables(source: str, needle: str, place: tuple[int, int]) -> None:
    text = text_at(source, LONG="a rather long value")
    offset = text.index(needle)
    assert text.place(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)) == place


def test_the_end_of_a_text_stands_behind_its_last_character() -> None:
    assert text_at("key: ab  # comment").place(1, 3) == (1, 8)
