"""What must hold between keys, once each of them is sound by itself."""

import math
from typing import Final

from pipeline.config.delivery import Audit, Delivery
from pipeline.config.endpoint import address_problem, check_endpoint
from pipeline.config.kafka import Kafka
from pipeline.config.model import Destination
from pipeline.config.problem import Path
from pipeline.config.report import Report
from pipeline.config.tracing import INSTALL, MISSING, Tracing, is_installed
from pipeline.config.values import written_duration, written_size
from pipeline.config.verdicts import check_verdicts
from pipeline.core.credentials import configured_problems

REBALANCE_MARGIN_S: Final = 5.0
"""What a worker needs to leave the group after its drain (DESIGN: time-out law)."""


def check_time_outs(kafka: Kafka, delivery: Delivery, audit: Audit, report: Report) -> None:
    """`delivery.timeout + audit.timeout ≤ delivery.drain < kafka.rebalance_timeout - 5s`.

    Else a worker that loses a partition cannot finish what is under way, or two workers evict
    each other for ever.
    """
    paths: list[Path] = [
        ("delivery", "drain"),
        ("delivery", "timeout"),
        ("audit", "timeout"),
        ("kafka", "rebalance_timeout"),
    ]
    if not _sound(report, *paths):
        return
    needed = delivery.timeout_s + audit.timeout_s
    if needed > delivery.drain_s:
        message = (
            f"delivery.timeout ({written_duration(delivery.timeout_s)}) and audit.timeout "
            f"({written_duration(audit.timeout_s)}) together are longer than delivery.drain "
            f"({written_duration(delivery.drain_s)})"
        )
        hint = f"raise delivery.drain to `{written_duration(needed)}`, or lower the two"
        report.error(_written_one(paths[:3], report), message, hint)
    drain = max(needed, delivery.drain_s)
    if drain + REBALANCE_MARGIN_S >= kafka.rebalance_timeout_s:
        _rebalance_too_short(kafka, drain, paths, report)


def _rebalance_too_short(kafka: Kafka, drain_s: float, paths: list[Path], report: Report) -> None:
    message = (
        f"delivery.drain ({written_duration(drain_s)}) must end more than "
        f"{written_duration(REBALANCE_MARGIN_S)} before kafka.rebalance_timeout "
        f"({written_duration(kafka.rebalance_timeout_s)})"
    )
    enough = written_duration(math.floor(drain_s + REBALANCE_MARGIN_S) + 1)
    hint = f"raise kafka.rebalance_timeout to `{enough}`, or lower delivery.drain"
    report.error(_written_one([paths[3], *paths[:3]], report), message, hint)


def _written_one(paths: list[Path], report: Report) -> Path:
    return next((path for path in paths if report.is_written(path)), paths[0])


def check_delivery(kafka: Kafka, delivery: Delivery, report: Report) -> None:
    """The endpoint's scheme, the order of the waits, and room for what is in flight."""
    if _sound(report, ("delivery", "endpoint")):
        check_endpoint(delivery, report)
    _check_proxy(delivery, report)
    if _sound(report, ("delivery", "verdicts")):
        check_verdicts(delivery.verdicts, report)
    _check_retry(delivery, report)
    _check_room(kafka, delivery, report)


def _check_proxy(delivery: Delivery, report: Report) -> None:
    path: Path = ("delivery", "use_environment_proxy")
    is_known = delivery.client == "aiohttp" or not _sound(report, path, ("delivery", "client"))
    if delivery.use_environment_proxy and not is_known:
        report.error(path, "needs the client that knows proxies", "write `client: aiohttp` beside it")


def _check_retry(delivery: Delivery, report: Report) -> None:
    paths: list[Path] = [("delivery", "retry", "first"), ("delivery", "retry", "cap")]
    if _sound(report, *paths) and delivery.retry.first_s > delivery.retry.cap_s:
        cap = written_duration(delivery.retry.cap_s)
        message = f"the first wait is longer than the longest, `cap` ({cap})"
        report.error(_written_one(paths, report), message, f"write `first: {cap}` or less, or raise `cap`")


def _check_room(kafka: Kafka, delivery: Delivery, report: Report) -> None:
    room: Path = ("delivery", "max_in_flight_bytes")
    largest = kafka.max_record_bytes
    if _sound(report, room, ("kafka", "max_record_bytes")) and delivery.max_in_flight_bytes < largest:
        message = f"has no room for one record of kafka.max_record_bytes ({written_size(largest)})"
        report.error(room, message, f"write at least `{written_size(largest)}`")
    events: Path = ("delivery", "max_in_flight_events")
    most = delivery.concurrency
    least: Path = ("delivery", "min_concurrency")
    if _sound(report, least, ("delivery", "concurrency")) and delivery.min_concurrency > most:
        report.error(least, f"is more than concurrency ({most})", f"write `{most}` or less")
    if _sound(report, events, ("delivery", "concurrency")) and delivery.max_in_flight_events < most:
        message = f"keeps concurrency ({most}) from ever being reached"
        report.warning(events, message, f"write at least `{8 * most}`")


def check_tracing(tracing: Tracing, report: Report) -> None:
    """A plain address with a path, and the packages, without which `run` refuses to start."""
    path: Path = ("tracing", "endpoint")
    if not tracing.is_on or report.is_broken(path):
        return
    if (problem := address_problem(tracing.endpoint)) is not None:
        report.error(path, *problem)
        return
    if tracing.endpoint.partition("//")[2].partition("/")[2] == "":
        hint = f"write such as `{tracing.endpoint.rstrip('/')}/v1/traces`"
        report.warning(path, "has no path: collectors take traces at one", hint)
    if not is_installed():
        report.warning(path, MISSING, INSTALL)


def _sound(report: Report, *paths: Path) -> bool:
    return not any(report.is_broken(path) for path in paths)


def check_destination(destination: Destination, report: Report) -> None:
    """The sitecode's length, and an API key that a request can carry and that decodes to an object."""
    for problem in configured_problems(destination.api_key.get_secret_value(), destination.sitecode):
        path: Path = ("destination", problem.setting)
        if problem.setting == "api_key" and report.is_written(("destination", "api_key_file")):
            path = ("destination", "api_key_file")
        if not report.is_broken(("destination", problem.setting)):
            message, _, hint = problem.message.partition("; ")
            report.error(path, message, hint)


def check_topics(kafka: Kafka, report: Report) -> None:
    """Four topics, four names."""
    taken: dict[str, str] = {}
    for key, name in kafka.topics:
        if report.is_broken(("kafka", "topics", key)):
            continue
        if name in taken:
            report.error(
                ("kafka", "topics", key),
                f"is the same topic as `{taken[name]}`",
                "give each topic a name of its own",
            )
        taken.setdefault(name, key)


def check_security(kafka: Kafka, report: Report) -> None:
    """Protocol, login and certificates belong together."""
    security, path = kafka.security, ("kafka", "security")
    if not _sound(report, *((*path, key) for key in ("protocol", "sasl", "tls"))):
        return
    wants_login, wants_tls = security.protocol.startswith("SASL"), security.protocol.endswith("SSL")
    if wants_login and security.sasl is None:
        hint = "add `sasl:` with `mechanism`, `username` and `password`"
        report.error((*path, "sasl"), f"is missing: the protocol is {security.protocol}", hint)
    if security.sasl is not None and not wants_login:
        report.error((*path, "sasl"), f"is not used by {security.protocol}", "write `protocol: SASL_SSL`")
    if security.tls is not None and not wants_tls:
        better = "SASL_SSL" if wants_login else "SSL"
        report.error((*path, "tls"), f"is not used by {security.protocol}", f"write `protocol: {better}`")
    if security.protocol == "SASL_PLAINTEXT":
        report.warning((*path, "protocol"), "sends the login unencrypted", "write `SASL_SSL`")
    _check_login(kafka, report)
    _check_certificates(kafka, report)


def _check_login(kafka: Kafka, report: Report) -> None:
    sasl = kafka.security.sasl
    path = ("kafka", "security", "sasl", "password")
    if sasl is not None and sasl.password is None and not report.is_broken(path):
        report.error(path, "is missing", "add `password: ${NAME}` or `password_file: …`")


def _check_certificates(kafka: Kafka, report: Report) -> None:
    tls, path = kafka.security.tls, ("kafka", "security", "tls")
    if tls is None:
        return
    files = ((*path, "certificate_file"), (*path, "key_file"))
    if not _sound(report, *files):
        return
    if (tls.certificate_file is None) != (tls.key_file is None):
        given, lacking = (
            ("key_file", "certificate_file") if tls.key_file else ("certificate_file", "key_file")
        )
        report.error((*path, given), f"needs `{lacking}` beside it", f"add `{lacking}: …`")
    if tls.key_password is not None and tls.key_file is None:
        report.error((*path, "key_password"), "has no `key_file` to open", "add `key_file: …`")
