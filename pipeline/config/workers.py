"""Workers of one parent share a configuration; what each must have for itself is made of its number."""

from dataclasses import replace
from typing import Final

from pipeline.config.admin import HIGHEST_PORT, Admin
from pipeline.config.kafka import Kafka
from pipeline.config.model import Config

_ANY_FREE: Final = 0


def of_worker(config: Config, number: int) -> Config:
    """The settings of worker `number` (from 0): a port of its own, and names of its own for the brokers."""
    return replace(config, admin=_admin(config.admin, number), kafka=_kafka(config.kafka, number))


def highest_port_problem(admin: Admin, workers: int) -> str | None:
    """Why there are not enough ports above `admin.listen` for so many workers, or None."""
    _, port = admin.address or ("", 0)
    if port + workers - 1 <= HIGHEST_PORT:
        return None
    return (
        f"admin.listen {admin.listen}: worker i listens on port {port} + i, which ends at {HIGHEST_PORT}: "
        f"write a port that leaves room for {workers} workers, or `off`"
    )


def _admin(admin: Admin, number: int) -> Admin:
    address = admin.address
    if address is None or address[1] == _ANY_FREE:
        return admin
    host = admin.listen.rpartition(":")[0]
    return admin.model_copy(update={"listen": f"{host}:{address[1] + number}"})


def _kafka(kafka: Kafka, number: int) -> Kafka:
    own = {"client_id": f"{kafka.client_id}-{number}"}
    if kafka.group_instance_id is not None:
        own["group_instance_id"] = f"{kafka.group_instance_id}-{number}"
    return kafka.model_copy(update=own)
