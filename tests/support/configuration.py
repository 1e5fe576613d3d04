"""Configurations for tests: credentials that are sound, and the shortest file that loads."""

import base64
from pathlib import Path
from typing import Final

from pipeline.config.loader import parse_config
from pipeline.config.model import Config

API_KEY: Final = base64.b64encode(b'{"canary":"canary-in-api-key"}').decode()
SITECODE: Final = "0123456789"
ENVIRONMENT: Final = {"KAMELEOON_API_KEY": API_KEY, "KAMELEOON_SITECODE": SITECODE}
MINIMAL: Final = """\
destination:
  api_key: ${KAMELEOON_API_KEY}
  sitecode: ${KAMELEOON_SITECODE}
kafka:
  bootstrap_servers: localhost:9092
"""


def config(rest: str = "", folder: Path | None = None, **variables: str) -> Config:
    """The shortest configuration with `rest` below it; without credentials of its own it has sound ones."""
    return parse_config(MINIMAL + rest, ENVIRONMENT | variables, folder=folder)
