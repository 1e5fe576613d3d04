"""Whatever the file holds: a configuration or a list of mistakes, never a crash, never a secret."""

from typing import Final

import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.examples import example
from pipeline.config.loader import parse_config
from pipeline.config.problem import ConfigError
from tests.support.configuration import API_KEY, ENVIRONMENT

EXAMPLES: Final = (example("minimal"), example("full"))
SCRAPS: Final = st.one_of(
    st.text(max_size=4),
    st.sampled_from(
        [
            "${",
            "${KAMELEOON_API_KEY}",
            "\n",
            "\n  ",
            ": ",
            "- ",
            "[",
            "{",
            "&a ",
            "*a",
            "<<: ",
            "|\n",
            '"',
            "\t",
        ]
    ),
)
JSON: Final = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS: Final = st.sampled_from(["destination", "kafka", "decode", "mappings", "delivery", "audit"])


def outcome(text: str) -> str:
    """What is told of a text. Any exception but ConfigError fails the test."""
    try:
        config = parse_config(text, ENVIRONMENT | {"KAFKA_PASSWORD": "canary-in-password"})
    except ConfigError as error:
        return str(error)
    return repr(config)


@given(
    st.sampled_from(EXAMPLES),
    st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 9), SCRAPS), max_size=5),
)
def test_an_example_with_damage(text: str, damages: list[tuple[int, int, str]]) -> None:
    for position, length, scrap in damages:
        text = text[:position] + scrap + text[position + length :]
    told = outcome(text)
    assert API_KEY not in told
    assert "canary" not in told


@given(st.dictionaries(KEYS, JSON, max_size=6))
def test_any_shape_under_the_known_keys(data: dict[str, object]) -> None:
    outcome(yaml.safe_dump(data, allow_unicode=True))


@given(st.text())
def test_any_text(text: str) -> None:
    outcome(text)
