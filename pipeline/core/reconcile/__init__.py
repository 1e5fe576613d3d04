"""The books of the pipeline, closed from outside: input records against audit outcomes.

The way: `reading` (a value of the audit topic) → `accounts` → `account` (one source partition, told
in `offset_states`) → `judge` (the records that stand there) → `findings`. Nothing here is shared
with the worker's own ledger: what it does wrong is to be seen.
"""
