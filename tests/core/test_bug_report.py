from pipeline.core.bug_report import kind_of, places_of, traceback_of


def _lookup(values: dict[str, int], key: str) -> int:
    return values[key]


def _caught(key: str) -> BaseException:
    try:
        try:
            return AssertionError(_lookup({}, key))
        except KeyError as error:
            raise ExceptionGroup(key, [ValueError(key), error]) from error
    except ExceptionGroup as error:
        return error


def test_a_report_names_kinds_and_places_and_no_text() -> None:
    error = _caught("canary")
    told = traceback_of(error)
    assert all(kind in told for kind in ("KeyError", "ValueError", "ExceptionGroup", "_lookup", "and then:"))
    assert "canary" not in told
    assert kind_of(error) == "ExceptionGroup"
    assert [place.rpartition(" ")[2] for place in places_of(error)] == ["_caught"]
