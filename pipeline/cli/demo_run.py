"""The demo, step by step: start, put the records on the topic, watch the audit, stop, judge."""

import asyncio
import time
from dataclasses import dataclass, field, replace
from typing import Final

from pipeline.adapters.audit_reader import AuditReader, open_audit
from pipeline.adapters.demo_site import DemoSite, open_demo_site, put, sample_lines
from pipeline.cli.demo_progress import Progress, progress
from pipeline.cli.demo_report import Addresses, print_json, print_problems, print_report
from pipeline.cli.exits import ExitCode
from pipeline.core.audit import AuditRecord, OutcomeKind, decode_audit
from pipeline.core.audit_summary import AuditSummary
from pipeline.core.demo_records import arrange
from pipeline.core.demo_verdict import Verdict
from pipeline.core.reconcile.accounts import AuditValue
from pipeline.core.reconcile.known import KnownRecords

_PATIENCE_S: Final = 90
_LOG_LINES: Final = 10


@dataclass(frozen=True, slots=True)
class Options:
    """What the command was told."""

    events: int | None
    keep: bool
    as_json: bool


@dataclass(slots=True)
class _Audit:
    """What was read of the audit topic so far."""

    accounts: KnownRecords
    summary: AuditSummary
    records: list[AuditRecord] = field(default_factory=list)

    def take(self, stored: list[AuditValue]) -> None:
        self.accounts.take(stored)
        for value in stored:
            entry = decode_audit(value.value)
            if self.summary.add(entry) and isinstance(entry, AuditRecord):
                self.records.append(entry)


async def run(options: Options) -> int:
    """Run the demo; its exit code. Cancellation ends what it started. Raises EmbeddedBrokerMissingError."""
    began = time.monotonic()
    values = arrange(sample_lines(), options.events)
    async with open_demo_site() as site:
        audit = await _work(options, site, values)
        verdict = _judge(site, audit, began)
        addresses = Addresses(site.broker, site.sandbox.url) if options.keep else None
        show = print_json if options.as_json else print_report
        show(audit.summary, audit.records, verdict, addresses)
        if options.keep:
            await _until_interrupted(site)
            verdict = replace(verdict, exit_code=site.worker.exit_code)
    print_problems(verdict)
    return ExitCode.FINE if verdict.is_fine else ExitCode.FOUND


async def _work(options: Options, site: DemoSite, values: list[bytes | None]) -> _Audit:
    with progress(as_json=options.as_json) as shown:
        shown.begin(site, len(values))
        positions = await put(site.kafka, values)
        audit = _Audit(KnownRecords(positions, site.kafka.group), AuditSummary(site.kafka.group))
        async with open_audit(site.kafka) as reader:
            await reader.seek(None)
            await _watch(reader, site, audit, shown)
            if not options.keep:
                shown.stopping()
                await site.worker.stop(site.drain_s)
            async for found in reader.to_end():
                audit.take(found)
    return audit


async def _watch(reader: AuditReader, site: DemoSite, audit: _Audit, shown: Progress) -> None:
    """Until every record is accounted for, the worker has ended, or patience has."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            async for stored in reader.onwards():
                audit.take(stored)
                shown.update(audit.accounts.complete, audit.summary)
                if audit.accounts.complete == audit.accounts.expected or site.worker.exit_code is not None:
                    return
    except TimeoutError:
        return  # the verdict names what is missing


def _judge(site: DemoSite, audit: _Audit, began: float) -> Verdict:
    return Verdict(
        records=audit.accounts.expected,
        unaccounted=tuple(audit.accounts.findings()),
        delivered=audit.summary.outcomes(OutcomeKind.DELIVERED),
        accepted=site.accepted,
        exit_code=site.worker.exit_code,
        log_tail=tuple(site.worker.log_tail(_LOG_LINES)),
        seconds=time.monotonic() - began,
    )


async def _until_interrupted(site: DemoSite) -> None:
    """Until Ctrl-C, which is the regular end here, or until the worker ends by itself."""
    try:
        await site.worker.wait()
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None:
            task.uncancel()
        await site.worker.stop(site.drain_s)
