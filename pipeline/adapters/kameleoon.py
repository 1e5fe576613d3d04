"""Kameleoon as a Destination, with the HTTP client that the configuration names."""

from typing import assert_never

from pipeline.adapters.aiohttp_destination import AiohttpDestination
from pipeline.adapters.direct_destination import DirectDestination
from pipeline.adapters.http_settings import settings_of
from pipeline.config.model import Config

Kameleoon = AiohttpDestination | DirectDestination


def kameleoon(config: Config, connections: int) -> Kameleoon:
    """The endpoint of a configuration; no more than `connections` requests at a time."""
    settings = settings_of(config, connections)
    match config.delivery.client:
        case "direct":
            return DirectDestination(settings)
        case "aiohttp":
            return AiohttpDestination(settings)
        case unknown:
            assert_never(unknown)
