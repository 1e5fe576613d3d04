"""`explain --rules`: the table that turns answers into verdicts, and which rule decides on a given one."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pipeline.cli.exits import ExitCode, stop
from pipeline.cli.explain_text import printable
from pipeline.core.exchange import MAX_BODY_BYTES, Answer
from pipeline.core.verdict import deciding
from pipeline.core.verdict_rules import ALL_STATUSES, Rule, VerdictKind, kept_headers

_FOLLOWS: Final = {
    VerdictKind.ACCEPTED: "the event is delivered",
    VerdictKind.REFUSED: "the event fails, without another attempt",
    VerdictKind.THROTTLED: "all requests wait, as Retry-After says",
    VerdictKind.TRANSIENT: "the event is tried again",
    VerdictKind.UNAUTHORISED: "all requests wait until the key is taken",
}
_OTHERWISE: Final = VerdictKind.TRANSIENT


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as the command line describes it: what is not told of it is None or empty."""

    status: int | None
    body: str | None
    headers: tuple[str, ...]

    def answer(self, rules: tuple[Rule, ...]) -> Answer | None:
        """The answer, None where no status is given. Ends the command when it cannot be read."""
        if self.status is None:
            if self.body is not None or self.headers:
                stop(ExitCode.USAGE, "--body and --header need --status beside them")
            return None
        if self.status not in ALL_STATUSES:
            stop(ExitCode.USAGE, f"--status {self.status}: a status has three digits")
        found = dict(map(_header, self.headers))
        kept = tuple((name, found[name]) for name in kept_headers(rules) if name in found)
        body = (self.body or "").encode(errors="surrogateescape")
        return Answer(self.status, None, body[:MAX_BODY_BYTES], kept)


def print_rules(rules: tuple[Rule, ...], given: Given, *, as_json: bool) -> None:
    """Print the table in its order; with an answer given, the rule that decides on it as well."""
    answer = given.answer(rules)
    if as_json:
        print(json.dumps(_as_json(rules, answer)))
        return
    for line in (*_table(rules), *_decision(rules, answer)):
        print(printable(line))


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        stop(ExitCode.USAGE, f"--header {text}: write `--header 'name: value'`")
    return name.strip().lower(), value.strip()


def _table(rules: tuple[Rule, ...]) -> Iterator[str]:
    rows = [
        (str(number), _whose(rule), _statuses(rule), rule.verdict, _FOLLOWS[rule.verdict])
        for number, rule in enumerate(rules, 1)
    ]
    rows.append(("", "default", "no complete answer, or any other", _OTHERWISE, _FOLLOWS[_OTHERWISE]))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    conditions = [rule.conditions for rule in rules] + [()]
    for row, asked in zip(rows, conditions, strict=True):
        cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)]
        yield "  ".join((*cells, row[-1]))
        for condition in asked:
            yield "  ".join((" " * widths[0], " " * widths[1], f"and {condition}"))


def _whose(rule: Rule) -> str:
    return "default" if rule.is_default else "yours"


def _statuses(rule: Rule) -> str:
    texts = [str(statuses) for statuses in rule.statuses]
    everything = f"{ALL_STATUSES[0]}-{ALL_STATUSES[-1]}"
    return "any status" if texts == [everything] else ", ".join(texts)


def _number(rules: tuple[Rule, ...], rule: Rule) -> int:
    return next(number for number, other in enumerate(rules, 1) if other is rule)


def _decision(rules: tuple[Rule, ...], answer: Answer | None) -> Iterator[str]:
    if answer is None:
        return
    rule = deciding(answer, rules)
    verdict = _OTHERWISE if rule is None else rule.verdict
    which = "no rule" if rule is None else f"rule {_number(rules, rule)} ({_whose(rule)})"
    yield ""
    yield f"{which} decides: {verdict}, {_FOLLOWS[verdict]}"


def _as_json(rules: tuple[Rule, ...], answer: Answer | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "rules": [
            {
                "number": number,
                "from": "defaults" if rule.is_default else "configuration",
                "statuses": [[statuses.first, statuses.last] for statuses in rule.statuses],
                "conditions": [str(condition) for condition in rule.conditions],
                "verdict": rule.verdict,
            }
            for number, rule in enumerate(rules, 1)
        ],
        "otherwise": _OTHERWISE,
    }
    if answer is not None:
        rule = deciding(answer, rules)
        told["decides"] = None if rule is None else _number(rules, rule)
        told["verdict"] = _OTHERWISE if rule is None else rule.verdict
    return told
