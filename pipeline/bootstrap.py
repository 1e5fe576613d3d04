"""The composition root: a configuration becomes a worker and its app; fakes may be given as arguments."""

import os
import random
import socket
from typing import Final

import faust

from pipeline.adapters.admin_pages import AdminPages
from pipeline.adapters.clock import SystemClock
from pipeline.adapters.credential_watch import CredentialWatch
from pipeline.adapters.kafka_client import client_options
from pipeline.adapters.kafka_dead_letters import KafkaDeadLetters
from pipeline.adapters.kafka_group import KafkaGroup
from pipeline.adapters.kafka_lag import LagWatch
from pipeline.adapters.kafka_log import KafkaAuditLog
from pipeline.adapters.kafka_membership import Membership
from pipeline.adapters.kafka_source import KafkaSource, new_consumer
from pipeline.adapters.kafka_worker import KafkaWorker, Parts
from pipeline.adapters.kameleoon import kameleoon
from pipeline.adapters.tap_page import TapPage
from pipeline.app import create_app
from pipeline.config.delivery import Delivery as DeliveryConfig
from pipeline.config.model import Config
from pipeline.config.verdicts import rule_table
from pipeline.config.wire import Array
from pipeline.config.workers import of_worker
from pipeline.core.attempt import RetryPolicy
from pipeline.core.batch import SINGLE, BatchPolicy
from pipeline.core.brake import BrakePolicy
from pipeline.core.concurrency import Bounds
from pipeline.core.retry import Backoff
from pipeline.engine.accounting import Author
from pipeline.engine.braking import BrakeSettings
from pipeline.engine.delivery import DeliveryPolicy
from pipeline.engine.engine import Engine, EnginePorts, EngineSettings
from pipeline.engine.meter import Meter
from pipeline.engine.tapping import Taps
from pipeline.ports import Destination, Tracer

DEAD_LETTER_ROOM_BYTES: Final = 64 * 1024


def build_app(
    config: Config,
    destination: Destination | None = None,
    *,
    releases_brake: bool = False,
    number: int | None = None,
) -> tuple[faust.App, KafkaWorker]:
    """The Faust app of one worker process, and the worker that knows its exit code.

    `number` tells it from the other workers of its parent.
    """
    own = config if number is None else of_worker(config, number)
    endpoint = kameleoon(config, config.delivery.concurrency)
    meter, taps = Meter(), Taps(config.plan, SystemClock())
    pages = AdminPages(own.admin.address, meter, TapPage(taps))
    watch = CredentialWatch(config, endpoint.use, SystemClock(), os.environ)  # compares with the file
    worker = KafkaWorker(
        lambda: compose(own, destination or endpoint, meter, taps, releases_brake=releases_brake),
        pages,
        watch.run,
    )
    return create_app(config.kafka.group, worker), worker


def delivery_policy(delivery: DeliveryConfig) -> DeliveryPolicy:
    """How requests are made, from the configuration."""
    batch, wire = SINGLE, delivery.wire
    if isinstance(wire, Array):
        max_bytes = min(wire.max_bytes, delivery.max_request_bytes or wire.max_bytes)
        batch = BatchPolicy(wire.max_events, max_bytes, wire.linger_s, is_array=True)
    return DeliveryPolicy(
        concurrency=Bounds(delivery.min_concurrency, delivery.concurrency),
        batch=batch,
        retry=RetryPolicy(Backoff(delivery.retry.first_s, delivery.retry.cap_s), delivery.max_attempts),
        expire_after_ms=None if delivery.expire_after_s is None else delivery.expire_after_s * 1000,
        rules=rule_table(delivery.verdicts),
    )


def brake_settings(config: Config, *, is_released: bool) -> BrakeSettings:
    """When to hold because nearly everything goes wrong, from the configuration."""
    found = config.delivery.brake
    policy = None if found is None else BrakePolicy(found.share, found.of, found.in_a_row)
    return BrakeSettings(policy, config.digest, is_released)


def worker_name() -> str:
    """Names this process on the audit topic: host and process id."""
    return f"{socket.gethostname()}-{os.getpid()}"


def engine_settings(config: Config, *, releases_brake: bool = False) -> EngineSettings:
    """What the configuration says of the engine."""
    delivery = config.delivery
    return EngineSettings(
        plan=config.plan,
        author=Author(config.kafka.group, worker_name(), config.plan.digest),
        audit_topic=config.kafka.topics.audit,
        replays_topic=config.kafka.topics.replays,
        audit_linger_s=config.audit.linger_s,
        brake=brake_settings(config, is_released=releases_brake),
        delivery=delivery_policy(delivery),
        is_ordered=delivery.order == "visitor",
        max_event_names=delivery.max_event_names,
        max_in_flight_events=delivery.max_in_flight_events,
        max_in_flight_bytes=delivery.max_in_flight_bytes,
        max_spread=delivery.max_spread,
        drain_s=delivery.drain_s,
        lease_s=min(config.kafka.session_timeout_s, config.kafka.rebalance_timeout_s),
        standstill_s=max(delivery.standstill_s, _longest_silence_s(config)),
    )


def _longest_silence_s(config: Config) -> float:
    """How long one event may be on its way without a word where all is well: array, request, wait, audit."""
    delivery = config.delivery
    linger_s = delivery.wire.linger_s if isinstance(delivery.wire, Array) else 0.0
    return linger_s + delivery.timeout_s + delivery.retry.cap_s + config.audit.timeout_s


def compose(
    config: Config, destination: Destination, meter: Meter, taps: Taps, *, releases_brake: bool = False
) -> Parts:
    """Put one worker together, not yet connected. To be called inside the running loop."""
    kafka, audit_timeout_s = config.kafka, config.audit.timeout_s
    options = client_options(kafka)
    audit_log = KafkaAuditLog(kafka.topics.audit, options, audit_timeout_s)
    dead_letters = KafkaDeadLetters(
        kafka.topics.dead_letters,
        options,
        max_record_bytes=kafka.max_record_bytes + DEAD_LETTER_ROOM_BYTES,
        timeout_s=audit_timeout_s,
    )
    consumer = new_consumer(kafka, options)
    membership = Membership(kafka.group, kafka.group_instance_id, consumer, options)
    ports = EnginePorts(
        audit_log=audit_log,
        clock=SystemClock(),
        dead_letters=dead_letters,
        destination=destination,
        group=KafkaGroup(membership, consumer, options),
        jitter=random.random,
        meter=meter,
        taps=taps,
        tracer=_tracer(config),
    )
    engine = Engine(engine_settings(config, releases_brake=releases_brake), ports)
    topics = (kafka.topics.events, kafka.topics.replays)
    source = KafkaSource(topics, consumer, membership, engine.partitions, engine.retention, audit_log)
    return Parts(
        audit_log=audit_log,
        consumer=consumer,
        dead_letters=dead_letters,
        destination=destination,
        engine=engine,
        lag=LagWatch(consumer, engine.partitions, meter),
        source=source,
        tracer=ports.tracer,
    )


def _tracer(config: Config) -> Tracer | None:
    if not config.tracing.is_on:
        return None
    from pipeline.adapters.open_telemetry import tracer_of  # of an extra that need not be installed

    return tracer_of(config, worker_name(), SystemClock())
