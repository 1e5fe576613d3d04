"""Segment events from Kafka to Kameleoon.

Read in the order an event travels: `topics/`, `core/flow.py`, `app.py`, `engine/`.
"""
