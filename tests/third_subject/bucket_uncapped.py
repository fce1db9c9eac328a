"""A wrong port: tokens pile up beyond the capacity."""

from __future__ import annotations

from collections.abc import Sequence


def run(capacity: int, per_sec: int, requests: Sequence[tuple[int, int]]) -> list[dict[str, object]]:
    """Tokens and grants after each request, which is a time in ms and an amount."""
    tokens, last_ms, steps = capacity, 0, []
    for at_ms, amount in requests:
        tokens = tokens + (at_ms - last_ms) * per_sec // 1000
        last_ms = at_ms
        granted = amount <= tokens
        tokens -= amount if granted else 0
        steps.append({"tokens": tokens, "granted": granted})
    return steps
