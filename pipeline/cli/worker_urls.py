"""Where running workers show their pages, as the verbs that look at workers are told."""

from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import typer

from pipeline.cli.exits import ExitCode, stop
from pipeline.config import DEFAULT_FILE

_EXAMPLE_URL: Final = "http://127.0.0.1:9464"
_THIS_MACHINE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (asked, not listened on)

UrlOption = Annotated[
    list[str] | None,
    typer.Option(
        "--url",
        help=f"Where a worker shows its pages, such as {_EXAMPLE_URL}; repeatable.",
        metavar="URL",
    ),
]
WorkersOption = Annotated[
    int | None,
    typer.Option("--workers", min=1, help="As many as `run --workers` was told.", show_default="1"),
]


def worker_urls(url: list[str] | None, config: Path | None, workers: int | None) -> list[str]:
    """The URLs below which the pages are: those given, or those of a configuration's workers."""
    if not url:
        return _of_configuration(config, workers or 1)
    if config is not None or workers is not None:
        stop(ExitCode.USAGE, "give either --url, once for each worker, or --config with --workers")
    return [_checked(each) for each in url]


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_url = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url:
        stop(ExitCode.USAGE, f"--url {url}: write such as {_EXAMPLE_URL}")
    return url.rstrip("/")


def _of_configuration(file: Path | None, workers: int) -> list[str]:
    """Where the workers of this configuration show their pages, as seen from their own machine."""
    from pipeline.cli.configured import loaded
    from pipeline.config.workers import highest_port_problem, of_worker

    if file is None and not Path(DEFAULT_FILE).exists():
        stop(ExitCode.USAGE, f"there is no {DEFAULT_FILE} here: give --config FILE or --url {_EXAMPLE_URL}")
    config = loaded(file or Path(DEFAULT_FILE))
    if config.admin.address is None:
        stop(
            ExitCode.USAGE,
            "admin.listen is off: set it, such as to `127.0.0.1:9464`, and restart the workers",
        )
    if config.admin.address[1] == 0:
        stop(ExitCode.USAGE, "admin.listen has port 0: give --url, the log of each worker tells it")
    problem = highest_port_problem(config.admin, workers)
    if problem is not None:
        stop(ExitCode.USAGE, problem)
    addresses = (of_worker(config, number).admin.address for number in range(workers))
    return [_url(*address) for address in addresses if address is not None]


def _url(host: str, port: int) -> str:
    host = _THIS_MACHINE.get(host, host)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
