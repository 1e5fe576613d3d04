"""What a run came to, in words and figures."""

from collections.abc import Mapping
from typing import Any, Final

from tests.torture.plan import Outcome

SUSPECTED_FOR_EACH_IN_FLIGHT: Final = 16
"""After a death at most so many records, times the requests in flight, may be flagged in vain."""

_BREACHES_SHOWN: Final = 20


def flag_bound(outcome: Outcome) -> int:
    """How many records may be flagged in vain by what happened to workers, brokers and the endpoint."""
    workers, concurrency = outcome.workers, outcome.plan.concurrency
    deaths = workers.kills + workers.stalls + workers.lost_holders
    under_way = concurrency * outcome.plan.events_a_request
    return SUSPECTED_FOR_EACH_IN_FLIGHT * concurrency * deaths + under_way * outcome.troubles.total()


def suspected_records(outcome: Outcome) -> int:
    """How many records are flagged in vain."""
    return sum(map(len, outcome.verdict.findings.suspected.values()))


def breaches(outcome: Outcome) -> list[str]:
    """Everything that a run must not come to; empty is passed."""
    found = list(outcome.breaches)
    suspected, bound = suspected_records(outcome), flag_bound(outcome)
    if suspected > bound:
        found.append(f"{suspected} records are flagged in vain, at most {bound} may be")
    repeated, most = most_repeated(outcome), SUSPECTED_FOR_EACH_IN_FLIGHT * outcome.plan.concurrency
    if repeated > most:
        found.append(f"{repeated} requests of one worker were sent again by another, at most {most} may be")
    return found


def most_repeated(outcome: Outcome) -> int:
    """How many requests of one worker, that may have been taken, a later one sent again; of all the most."""
    return max(outcome.verdict.findings.repeated.values(), default=0)


def report(outcome: Outcome) -> str:
    """The summary, one thing a line."""
    verdict, workers, findings = outcome.verdict, outcome.workers, outcome.verdict.findings
    found = breaches(outcome)
    most = max(map(len, findings.suspected.values()), default=0)
    members = f"{'static' if outcome.plan.is_static else 'dynamic'} members"
    most_events = outcome.plan.events_a_request
    wire = "single events" if most_events == 1 else f"arrays of at most {most_events}"
    early, own_ends = workers.kills_before_open, _counted(workers.own_ends)
    reading = verdict.took_over - workers.opened
    again = findings.repeated.total()
    flagged, allowed = len({part[0] for part in findings.flagged}), flag_bound(outcome)
    figures = {
        "seed": f"{outcome.plan.seed}, {outcome.plan.lasts_s:.0f} s, {wire}",
        "workers": f"{workers.starts} starts, {outcome.plan.concurrency} requests in flight each, {members}",
        "kills": f"{workers.kills}, {early} before all was open, {reading} of these had taken over",
        "other blows": f"{workers.terminations} terminations, {workers.stalls} stalls",
        "own ends": f"{own_ends} (by exit code)",
        "troubles": _counted(outcome.troubles),
        "records": f"{verdict.events}, accounted for {verdict.complete}, wrong: {_counted(verdict.wrong)}",
        "unconfirmed": f"{outcome.unacknowledged} records, to the producer",
        "outcomes": f"{_counted(verdict.outcomes)}; void: {verdict.void}",
        "endpoint": f"{outcome.requests} requests, {outcome.most_in_flight} at a time at most",
        "sent twice": f"{len(findings.doubled)} requests, unflagged: {len(findings.doubled_unflagged)}",
        "flagged": f"{flagged} records, in vain {suspected_records(outcome)} of {allowed} allowed",
        "by successors": f"{again} times sent again, of one worker {most_repeated(outcome)} at most; "
        f"by one worker {most} records flagged in vain at most",
        "caught up": f"{outcome.catching_up_s:.1f} s after the last blow",
    }
    lines = [f"{name:14}{figure}" for name, figure in figures.items()]
    if not found:
        return "\n".join([*lines, "PASSED"])
    shown = [f"  {breach}" for breach in found[:_BREACHES_SHOWN]]
    return "\n".join([*lines, f"FAILED: {len(found)} breaches", *shown])


def _counted(counts: Mapping[Any, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items(), key=str)) or "none"
