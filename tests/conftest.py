"""What every test session shares."""

import signal
from collections.abc import Generator, Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

# a shell starts what runs in the background with Ctrl-C ignored, and all that tests start would inherit that
signal.signal(signal.SIGINT, signal.default_int_handler)

# how fast a machine is proves nothing
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("few examples", settings.get_profile("any machine"), max_examples=20)
settings.load_profile("any machine")

pytest_plugins = ["tests.support.kafka.fixtures"]


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """A verb run within a test sets up logs, and each logger used from then on keeps that for ever."""
    yield
    if structlog.is_configured():
        structlog.reset_defaults()


@pytest.fixture(autouse=True)
def _interrupts_as_they_were() -> Iterator[None]:
    """A verb run within a test may have uvloop take Ctrl-C, which keeps it when it is closed: for ever."""
    yield
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits for brokers begins first; what only computes then fills the processors to the end."""
    items.sort(key=lambda item: item.get_closest_marker("broker") is None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--forbid-skips", action="store_true", help="a skipped test is a failed test")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    is_skip = report.skipped and not hasattr(report, "wasxfail")
    if is_skip and item.config.getoption("--forbid-skips"):
        _forbid(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if report.skipped and collector.config.getoption("--forbid-skips"):
        _forbid(report)
    return report


def _forbid(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"skips are forbidden in this run: {reason}"
