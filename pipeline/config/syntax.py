"""From text to YAML nodes, which keep line and column. No value is made from them here."""

from typing import Final

import yaml

from pipeline.config.report import Place, Report

EMPTY_HINT: Final = "`kameleoon-pipeline init` writes a first configuration"

_SENTENCES: Final = (
    ("character '\\t'", "a tab stands where YAML wants spaces", "indent with spaces only"),
    (
        "character '@'",
        "a name that starts with `@` needs quotes in YAML",
        'write `"@path"`, `"@template"` with their quotes',
    ),
    ("character '`'", "text that starts with a backtick needs quotes in YAML", "put it in quotes"),
    ("character '%'", "text that starts with `%` needs quotes in YAML", "put it in quotes"),
    (
        "mapping values are not allowed here",
        "a colon stands where no key can be",
        "put text that holds a colon and a space in quotes, or mend the indentation",
    ),
    (
        "found undefined alias",
        "a word that starts with `*` points to an anchor that is not there",
        "put text that starts with `*` in quotes",
    ),
    (
        "expected a single document",
        "a second document starts here",
        "delete the line `---`: one file is one configuration",
    ),
    ("could not find expected ':'", "a key without its colon", "write `key: value`"),
    ("expected <block end>", "this line does not line up with those above", "mend the indentation"),
    (
        "expected ',' or '}'",
        "a `{` is not closed, or a comma is missing",
        "write `{key: value, key: value}`; `${NAME}` between braces needs quotes",
    ),
    (
        "expected ',' or ']'",
        "a `[` is not closed, or a comma is missing",
        "write `[value, value]`; `${NAME}` between brackets needs quotes",
    ),
    ("found unexpected end of stream", "a quote is not closed", "close it, or double it inside the text"),
    (
        "found unknown escape character",
        "a backslash is an escape between double quotes",
        "double it, or use single quotes",
    ),
)


def parse(text: str, report: Report) -> yaml.Node | None:
    """The file's top node, or None with the reason in the report. A syntax error ends the reading."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        place = (before.count("\n") + 1, error.position - before.rfind("\n"))
        report.error((), "a character that cannot be printed", "delete it", place)
        return None
    except yaml.MarkedYAMLError as error:
        message, hint = _sentence(error)
        report.error((), message, hint, _place(error))
        return None
    except RecursionError:
        report.error((), "lists and keys are nested too deeply", "a configuration needs a few levels", (1, 1))
        return None
    if node is None:
        report.error((), "the file is empty", EMPTY_HINT, (1, 1))
    return node


def _sentence(error: yaml.MarkedYAMLError) -> tuple[str, str]:
    problem = f"{error.context or ''} {error.problem or ''}"
    for fragment, message, hint in _SENTENCES:
        if fragment in problem:
            return message, hint
    return f"this is not YAML: {problem.strip()}", "mend the line, or put its text in quotes"


def _place(error: yaml.MarkedYAMLError) -> Place:
    opening = "unexpected end of stream" in (error.problem or "") or "expected ','" in (error.problem or "")
    mark = (error.context_mark if opening else None) or error.problem_mark or error.context_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)
