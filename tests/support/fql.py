"""Strategies for triggers and the events they are asked about."""

from typing import Any

from hypothesis import strategies as st

from pipeline.core.event import EVENT_TYPES

_FRAGMENTS = [
    *("type", "event", "name", "userId", "properties.a", "properties.a.b", "traits.b", "context.\\0", "foo"),
    *("=", "!=", "<", ">=", "contains", "starts_with", "!", "!contains", "match", "exists", "==", ">=5"),
    *('"track"', '"a"', '"a*"', '"*a"', '""', "'a'", '"', "a", "ab", "nul", "5", "-1.5", "1e21", "-", "true"),
    *("null", "and", "or", "AND", "not", "(", ")", "((", "))", ",", ".", "[", "]", "\\"),
    *("\n", "\r", "é", "😀"),
    *("\x1b", "\\\u202e", "n\\\x1b", '"\x00"', '"\u2028*b"', "\\\ud800"),
]
_TEXTS = ["track", "page", "a", "b", "aa", "Order Completed", "", "5", "x.y"]
_KEYS = ["a", "b", "0", "1", "length", "toString"]


def near_triggers() -> st.SearchStrategy[str]:
    """Texts of the language's own pieces in any order; most of them mean nothing."""
    spaces = st.sampled_from([" ", " ", " ", "", "\n"])
    pieces = st.lists(st.tuples(st.sampled_from(_FRAGMENTS), spaces), max_size=12)
    return pieces.map(lambda pairs: "".join(piece + space for piece, space in pairs))


def conditions() -> st.SearchStrategy[str]:
    """Conditions as Segment's UI writes them, functions among them."""
    return st.one_of(_equalities(), _comparisons(), functions())


def functions() -> st.SearchStrategy[str]:
    """`contains` and `match` as Segment's UI writes them."""
    fields = st.sampled_from(["event", "name", "userId", "properties.a", "properties.a.b", "traits.b"])
    words = st.sampled_from(_TEXTS)
    signs = st.sampled_from(["", "!"])
    return st.one_of(
        st.builds('{}contains({}, "{}")'.format, signs, fields, words),
        st.builds('{}match({}, "{}*")'.format, signs, fields, words),
        st.builds('{}match({}, "*{}")'.format, signs, fields, words),
    )


def plain_conditions() -> st.SearchStrategy[str]:
    """Conditions of Segment's UI without parentheses of their own."""
    return st.one_of(_equalities(), _comparisons())


def triggers() -> st.SearchStrategy[str]:
    """Triggers as Segment's UI writes them: one join word, one level of groups, functions last in them."""
    join, other = st.sampled_from(["and", "or"]), st.sampled_from(["and", "or"])
    group = st.builds(
        lambda word, plain, last: "(" + f" {word} ".join([*plain, last]) + ")",
        other,
        st.lists(plain_conditions(), max_size=2),
        conditions(),
    )
    members = st.lists(st.one_of(conditions(), group), min_size=1, max_size=3)
    return st.builds(lambda word, parts: f" {word} ".join(parts), join, members)


def json_values() -> st.SearchStrategy[Any]:
    """JSON of any kind, and what Python's JSON lets through beside it."""
    scalars = st.one_of(
        st.sampled_from(_TEXTS),
        st.text(st.characters(), max_size=4),
        st.integers(min_value=-3, max_value=6),
        st.integers(min_value=2**53 - 2, max_value=2**53 + 2),
        st.just(10**400),
        st.floats(),
        st.sampled_from([None, True, False]),
    )
    return st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=4)
        ),
        max_leaves=6,
    )


def events() -> st.SearchStrategy[dict[str, Any]]:
    """Events whose fields hold what they should, or anything else."""
    kinds = st.one_of(st.sampled_from(sorted(EVENT_TYPES)), json_values())
    names = st.one_of(st.sampled_from(_TEXTS), json_values())
    data = st.one_of(st.dictionaries(st.sampled_from(_KEYS), json_values(), max_size=4), json_values())
    return st.fixed_dictionaries(
        {},
        optional={
            "type": kinds,
            "event": names,
            "name": names,
            "userId": names,
            "properties": data,
            "traits": data,
            "context": data,
        },
    )


def _equalities() -> st.SearchStrategy[str]:
    operators = st.sampled_from(["=", "!="])
    texts = st.sampled_from(_TEXTS).map('"{}"'.format)
    heads = st.sampled_from(["event", "name", "userId"])
    kinds = st.sampled_from(sorted(EVENT_TYPES)).map('"{}"'.format)
    paths = st.sampled_from(["properties.a", "properties.a.b", "traits.b", "context.\\0"])
    values = st.one_of(texts, st.sampled_from(["5", "-1.5", "0", "null"]))
    return st.one_of(
        st.builds("{} {} {}".format, heads, operators, texts),
        st.builds("type {} {}".format, operators, kinds),
        st.builds("{} {} {}".format, paths, operators, values),
        st.builds("{} = {}".format, paths, st.sampled_from(["true", "false"])),
    )


def _comparisons() -> st.SearchStrategy[str]:
    paths = st.sampled_from(["properties.a", "properties.a.length", "traits.b"])
    return st.builds(
        "{} {} {}".format,
        paths,
        st.sampled_from(["<", "<=", ">", ">="]),
        st.integers(min_value=-9, max_value=9),
    )
