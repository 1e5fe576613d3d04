"""Variables of the environment inside values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.problem import ConfigError
from pipeline.config.variables import expand
from tests.support.configuration import config


@pytest.mark.parametrize(
    "text, expanded",
    [
        ("plain", "plain"),
        ("${A}", "one"),
        ("x${A}y${B_2}z", "xoneytwoz"),
        ("${NONE:-default}", "default"),
        ("${EMPTY:-default}", "default"),
        ("${NONE:-}", ""),
        ("${EMPTY}", ""),
        ("${NONE:-a:-b}", "a:-b"),
        ("$${A}", "${A}"),
        ("$$A $A $", "$$A $A $"),
        ("${A}$${A}${A}", "one${A}one"),
    ],
)
def test_variables_are_filled_in(text: str, expanded: str) -> None:
    result = expand(text, {"A": "one", "B_2": "two", "EMPTY": ""})
    assert (result.text, result.faults) == (expanded, [])


@pytest.mark.parametrize(
    "text, offset, words",
    [
        ("ab ${NONE}", 3, "no variable NONE"),
        ("${1A}", 0, "does not begin"),
        ("x${A", 1, "does not begin"),
        ("${}", 0, "does not begin"),
        ("${A:?}", 0, "does not begin"),
        ("${A }", 0, "does not begin"),
        ("${{A}}", 0, "does not begin"),
    ],
)
def test_what_has_no_value_is_a_fault_with_its_offset(text: str, offset: int, words: str) -> None:
    [fault] = expand(text, {"A": "one"}).faults
    assert fault.offset == offset
    assert words in fault.message


@pytest.mark.parametrize(
    "text, expanded",
    [
        ("${{price}}, ${A}, ${{a.${A}}}", "${{price}}, one, ${{a.one}}"),
        ("$${{price}} $${A}", "${{price}} ${A}"),
        ("${{{price}}}", "${{{price}}}"),
    ],
)
def test_in_a_mapping_a_dollar_sign_may_stand_before_a_placeholder(text: str, expanded: str) -> None:
    result = expand(text, {"A": "one"}, is_of_mapping=True)
    assert (result.text, result.faults) == (expanded, [])


def test_only_mappings_have_placeholders() -> None:
    mapping = (
        "mappings:\n  - {preset: page-calls, fields: {name: {'@template': 'for ${{properties.price}}'}}}\n"
    )
    (own,) = config(mapping).plan.mappings
    assert own.template["name"] == {"@template": "for ${{properties.price}}"}
    with pytest.raises(ConfigError, match="does not begin a variable"):
        config("  group: ${{GROUP}}\n")


def test_a_value_is_not_expanded_again() -> None:
    assert expand("${A}", {"A": "${B}", "B": "two"}).text == "${B}"


@given(st.text(alphabet="${}:-AB_ x"), st.text(max_size=5))
def test_expansion_never_raises_and_remembers_every_span(text: str, value: str) -> None:
    result = expand(text, {"A": value})
    for expansion in result.expansions:
        assert text[expansion.written_start : expansion.written_end].startswith("$")
        assert 0 <= expansion.start <= expansion.end <= len(result.text)
