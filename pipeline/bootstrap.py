"""The composition root: a configuration becomes a worker and its app; fakes may be given as arguments."""

import os
import random
import socket
from typing import Final

import faust

from pipeline.adapters.clock import SystemClock
from pipeline.adapters.http_destination import HttpDestination, HttpSettings
from pipeline.adapters.kafka_client import client_options
from pipeline.adapters.kafka_group import KafkaGroup
from pipeline.adapters.kafka_log import KafkaAuditLog, KafkaDeadLetters
from pipeline.adapters.kafka_source import KafkaSource, new_consumer
from pipeline.adapters.kafka_worker import KafkaWorker, Parts
from pipeline.app import create_app
from pipeline.config.delivery import Array
from pipeline.config.delivery import Delivery as DeliveryConfig
from pipeline.config.model import Config
from pipeline.core.attempt import RetryPolicy
from pipeline.core.batch import SINGLE, BatchPolicy
from pipeline.core.outcome import Outcome
from pipeline.core.retry import Backoff
from pipeline.engine.accounting import Author, audit_record
from pipeline.engine.admission import Admission
from pipeline.engine.assignment import Entry
from pipeline.engine.audit_writer import AuditWriter
from pipeline.engine.budget import InFlightBudget
from pipeline.engine.delivery import Delivery, DeliveryPolicy
from pipeline.engine.opening import Opener
from pipeline.engine.partitions import Partitions
from pipeline.ports import Clock, Destination

DEAD_LETTER_ROOM_BYTES: Final = 64 * 1024


def build_app(config: Config, destination: Destination | None = None) -> tuple[faust.App, KafkaWorker]:
    """The Faust app of one worker process, and the worker that knows its exit code."""
    clock = SystemClock()
    worker = KafkaWorker(lambda: compose(config, destination or http_destination(config), clock))
    return create_app(config.kafka.group, worker), worker


def http_destination(config: Config) -> HttpDestination:
    """Kameleoon, or whatever `delivery.endpoint` names."""
    return HttpDestination(
        HttpSettings(
            endpoint=config.delivery.endpoint,
            api_key=config.destination.api_key.get_secret_value(),
            sitecode=config.destination.sitecode,
            user_agent=config.delivery.user_agent,
            timeout_s=config.delivery.timeout_s,
            connections=config.delivery.concurrency,
        )
    )


def delivery_policy(delivery: DeliveryConfig) -> DeliveryPolicy:
    """How requests are made, from the configuration."""
    batch, wire = SINGLE, delivery.wire
    if isinstance(wire, Array):
        batch = BatchPolicy(wire.max_events, wire.max_bytes, wire.linger_s, is_array=True)
    return DeliveryPolicy(
        concurrency=delivery.concurrency,
        batch=batch,
        retry=RetryPolicy(Backoff(delivery.retry.first_s, delivery.retry.cap_s), delivery.max_attempts),
        expire_after_ms=None if delivery.expire_after_s is None else delivery.expire_after_s * 1000,
    )


def worker_name() -> str:
    """Names this process on the audit topic: host and process id."""
    return f"{socket.gethostname()}-{os.getpid()}"


def compose(config: Config, destination: Destination, clock: Clock) -> Parts:
    """Put one worker together, not yet connected. To be called inside the running loop."""
    kafka, settings, audit = config.kafka, config.delivery, config.audit
    author = Author(kafka.group, worker_name(), config.plan.digest)
    options = client_options(kafka)
    audit_log = KafkaAuditLog(kafka.topics.audit, options, audit.timeout_s)
    dead_letters = KafkaDeadLetters(
        kafka.topics.dead_letters,
        options,
        max_record_bytes=kafka.max_record_bytes + DEAD_LETTER_ROOM_BYTES,
        timeout_s=audit.timeout_s,
    )
    consumer = new_consumer(kafka, options)
    group = KafkaGroup(kafka.group, consumer, options)
    budget = InFlightBudget(settings.max_in_flight_events, settings.max_in_flight_bytes)

    def settle(entry: Entry) -> None:
        partitions.settle(entry)

    def report(entry: Entry, index: int, outcome: Outcome) -> None:
        audit_writer.put(entry, audit_record(author, entry, index, outcome, clock.now_ms()))

    audit_writer = AuditWriter(audit_log, dead_letters, clock, audit.linger_s, settle)
    delivery = Delivery(destination, delivery_policy(settings), clock, random.random, report)
    partitions = Partitions(
        opener=Opener(group, audit_log, kafka.topics.audit, author, budget.max_events, clock),
        group=group,
        budget=budget,
        delivery=delivery,
        audit_writer=audit_writer,
        max_spread=settings.max_spread,
        drain_s=settings.drain_s,
    )
    admission = Admission(
        config.plan,
        is_ordered=settings.order == "visitor",
        admit=delivery.admit,
        report=report,
        settle=settle,
    )
    source = KafkaSource(kafka.topics.events, consumer, partitions, audit_log)
    return Parts(
        admission=admission,
        audit_log=audit_log,
        audit_writer=audit_writer,
        consumer=consumer,
        dead_letters=dead_letters,
        delivery=delivery,
        destination=destination,
        partitions=partitions,
        source=source,
    )
