"""The delivery page's numbers, in memory that does not grow with the audit topic.

The way: an entry of the topic → `view` → `minutes` (counts and latencies, a minute each) and
`history` (the newest outcomes, by event) → `report` (one window in numbers) and `dead_letters`
(what to do about them).
"""
