"""Telemetry of a bot: durations, counts, processor time and memory, in a file that `parity telemetry` reads.

A bot switches it on with DOGE_CORE_TELEMETRY=FILE and DOGE_HMM_TELEMETRY=FILE; see `docs/telemetry.md`.
"""
