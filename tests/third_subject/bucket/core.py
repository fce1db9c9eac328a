"""A token bucket: requests take tokens, time gives them back, and no more than the capacity are kept."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """Whole tokens, at most `capacity`; `per_sec` come back in a second; `at_ms` is when they were counted last."""

    capacity: int
    per_sec: int
    tokens: int
    at_ms: int = 0


def refill(bucket: Bucket, at_ms: int) -> Bucket:
    """The bucket at a later time."""
    gained = (at_ms - bucket.at_ms) * bucket.per_sec // 1000
    return replace(bucket, tokens=min(bucket.capacity, bucket.tokens + gained), at_ms=at_ms)


def take(bucket: Bucket, at_ms: int, amount: int) -> tuple[Bucket, bool]:
    """The bucket after a request, and whether the request was granted."""
    full = refill(bucket, at_ms)
    if amount > full.tokens:
        return full, False
    return replace(full, tokens=full.tokens - amount), True
