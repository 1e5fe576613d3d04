"""A new API key without a restart: its file is looked at, and SIGHUP reads the configuration again.

Only the credentials change. What cannot be used changes nothing, and the log says so.
"""

import asyncio
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import structlog

from pipeline.config.changes import changed_keys
from pipeline.config.files import resolve, why_unreadable
from pipeline.config.loader import load_config
from pipeline.config.model import Config
from pipeline.config.problem import ConfigError, Problem, Severity
from pipeline.config.secrets import Unusable, secret_in
from pipeline.core.credentials import Credentials, configured_problems
from pipeline.ports import Clock

log = structlog.get_logger("pipeline.credentials")

LOOK_S: Final = 2.0
"""How often the key's file is looked at."""


class CredentialWatch:
    """Hands new credentials to `use`; `run` is a service of the worker.

    `config` is what the worker runs with; `environment` fills in the variables of the file.
    """

    def __init__(
        self,
        config: Config,
        use: Callable[[Credentials], None],
        clock: Clock,
        environment: Mapping[str, str],
    ) -> None:
        self._config = config
        self._use = use
        self._clock = clock
        self._environment = environment
        self._in_use = config.credentials
        self._key_file = config.destination.api_key_file
        self._refused: str | None = None

    async def run(self) -> None:
        """Look at the key's file for ever, and listen to SIGHUP meanwhile; then it counts as before.

        A worker that ignores it until then goes on to: else it would end one that is about to end in order.
        """
        loop, before = asyncio.get_running_loop(), signal.getsignal(signal.SIGHUP)
        loop.add_signal_handler(signal.SIGHUP, self.reload)
        try:
            while True:
                await self._clock.sleep(LOOK_S)
                self.look()
        finally:
            loop.remove_signal_handler(signal.SIGHUP)
            signal.signal(signal.SIGHUP, before)

    def look(self) -> None:
        """Take over the key that stands in `destination.api_key_file`, if it is another one."""
        if self._key_file is None:
            return
        key = secret_in(resolve(self._key_file, Path(self._config.file).parent))
        message = key.message if isinstance(key, Unusable) else self._problem(key)
        if message is None and not isinstance(key, Unusable):
            self._take(Credentials(key, self._in_use.sitecode))
        elif message != self._refused:
            log.warning("the changed API key cannot be used, the old one stays", detail=message)
        self._refused = message

    def reload(self) -> None:
        """Read the configuration again and take over its credentials; tell what else has changed."""
        found = self._read_again()
        if isinstance(found, str):
            log.warning("the changed configuration cannot be used, the old credentials stay", detail=found)
            return
        log.info("the configuration was read again")
        changed = changed_keys(self._config, found)
        credentials = found.credentials
        if found.kafka.group != self._config.kafka.group:  # named by the sitecode: another pipeline
            credentials = Credentials(credentials.api_key, self._in_use.sitecode)
        if changed:
            log.warning("changes of the configuration need a restart", keys=changed)
        self._key_file = found.destination.api_key_file
        self._take(credentials)

    def _read_again(self) -> Config | str:
        """The configuration, or why there is none: a pipe could be waited for without end."""
        reason = why_unreadable(Path(self._config.file))
        if reason is not None:
            return f"{self._config.file}: the file cannot be read: {reason}"
        try:
            return load_config(self._config.file, self._environment)
        except ConfigError as error:
            return next(_told(error.problems))

    def _problem(self, key: str) -> str | None:
        problems = configured_problems(key, self._in_use.sitecode)
        return problems[0].message if problems else None

    def _take(self, credentials: Credentials) -> None:
        if credentials != self._in_use:
            self._in_use = credentials
            self._use(credentials)
            log.info("new credentials are in use")


def _told(problems: tuple[Problem, ...]) -> Iterator[str]:
    for problem in problems:
        if problem.severity is Severity.ERROR:
            yield f"{problem.file}:{problem.line}:{problem.column}: {problem.key}: {problem.message}"
