"""A shadow's counts for a bot that exports Prometheus metrics: counters, gauges, and a histogram of latencies in seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from doge_shadow.shadow import Shadow

# Upper bounds of the histogram's buckets, in seconds.
BUCKETS_SEC = (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0)


def collector_of(prefix: str, shadow_of: Callable[[], Shadow | None]) -> ShadowCollector:
    """Return a collector of the shadow that is on at the time of each collection, if one is."""

    def look() -> dict[str, Any] | None:
        shadow = shadow_of()
        if shadow is None:
            return None
        buckets, total_sec = shadow.metrics.buckets(BUCKETS_SEC)
        # What an alert watches is there from the beginning: a series that begins with its first count shows no increase.
        status = shadow.status()
        failures = {**dict.fromkeys(sorted(shadow.senseless), 0), **status["failures"]}
        return {**status, "failures": failures, "latency_buckets": buckets, "latency_sum": total_sec}

    return ShadowCollector(prefix, look)


class ShadowCollector:
    """Registers as any collector does: `REGISTRY.register(collector)`. `look` gives a shadow's status, None while it is off."""

    def __init__(self, prefix: str, look: Callable[[], Mapping[str, Any] | None]) -> None:
        self._prefix, self._look = prefix, look

    def describe(self) -> Iterator[Metric]:
        """Nothing: the names are known when the shadow is on."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Every metric of the shadow, and whether it is on."""
        status = self._look()
        yield self._gauge("enabled", "Whether the shadow is on", 0.0 if status is None else 1.0)
        if status is None:
            return
        yield self._counter("calls", "Calls that the bot made", {"": status["calls"]})
        yield self._counter("dropped_calls", "Calls that did not fit the queue", {"": status["dropped"]})
        yield self._counter("unsampled_calls", "Calls that were not in the sample", {"": status["unsampled"]})
        yield self._counter("compared_calls", "Calls that were compared", status["checks"], "kind")
        yield self._counter("divergences", "Calls that differed, by severity", status["severities"], "severity")
        yield self._counter("failures", "Answers that could not be had, by cause", status["failures"], "cause")
        yield self._counter("excused", "Differences that a rule of the contract excused, by rule", status["excused"], "rule")
        yield self._gauge("queue_depth", "Calls that wait", float(status["queue_depth"]))
        last = status["last_divergence"].get("ts")
        if last is not None:
            yield self._gauge("last_divergence_timestamp_seconds", "When a call differed last", float(last))
        yield self._latency(status["latency_buckets"], status["latency_sum"])

    def _gauge(self, name: str, text: str, value: float) -> Metric:
        family = GaugeMetricFamily(f"{self._prefix}_{name}", text)
        family.add_metric([], value)
        return family

    def _counter(self, name: str, text: str, values: Mapping[str, float], label: str = "") -> Metric:
        family = CounterMetricFamily(f"{self._prefix}_{name}", text, labels=[label] if label else [])
        for key, value in values.items():
            family.add_metric([key] if label else [], float(value))
        return family

    def _latency(self, buckets: Mapping[float, int], total_sec: float) -> Metric:
        family = HistogramMetricFamily(f"{self._prefix}_candidate_seconds", "Time that the candidate took for an answer")
        family.add_metric([], [(f"{bound:g}", float(count)) for bound, count in buckets.items()], total_sec)
        return family
