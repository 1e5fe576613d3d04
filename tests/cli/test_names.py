"""A name that an option gave and nothing has."""

from pipeline.cli.names import nearest_first, nothing_of


def test_what_looks_like_it_comes_first() -> None:
    assert nearest_first("ordrs", ["Identify Calls", "Page Calls", "Orders"]).startswith("Orders, ")


def test_a_long_list_is_cut() -> None:
    assert nearest_first("m1", [f"m{number}" for number in range(9)]) == "m1, m0, m2, m3, m4, and 4 more"


def test_a_name_that_was_found_commands_no_terminal() -> None:
    assert nearest_first("a", ["\x1b[2J"]) == "\ufffd[2J"


def test_where_there_is_nothing_at_all_none_is_offered() -> None:
    assert nothing_of("--mapping", "A", ()) == "--mapping A: nothing of that name was found"
