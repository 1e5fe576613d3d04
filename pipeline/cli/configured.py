"""What the verbs that need a configuration share: a broken one ends the command with every mistake."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli.exits import ExitCode, stop

if TYPE_CHECKING:
    from pipeline.config.model import Config


def loaded(file: Path) -> "Config":
    """The configuration in a file, or the end of the command."""
    from pipeline.config.loader import load_config
    from pipeline.config.problem import ConfigError

    try:
        return load_config(file, os.environ)
    except ConfigError as error:
        stop(ExitCode.USAGE, str(error))
