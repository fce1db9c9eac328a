"""The values of metrics over blocks, and how a reader sees them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.telemetry.loop import Metric
from harness.telemetry.recordings import Block, counted, merged, quantile_sec

UNITS: Mapping[str, str] = {"duration": "s", "cpu": "s", "memory": "bytes", "rate": "1"}
MIB = 2**20


def what_of(metric: Metric, share: float | None) -> str:
    """What is looked at, in words: a quantile of a duration, or what a metric is for each of."""
    if share is not None:
        return f"p{100.0 * share:g}"
    return {"cpu": f"for each {metric.per}", "memory": "largest"}.get(metric.kind, f"for each {metric.per}")


def value_of(metric: Metric, share: float | None, blocks: Sequence[Block]) -> float:
    """The value over blocks that hold it: in seconds, bytes, or a share."""
    if share is not None:
        return quantile_sec(merged(blocks, metric.name), share)
    if metric.kind == "memory":
        return float(max(each.memory_bytes for each in blocks))
    if metric.kind == "cpu":
        return sum(each.cpu_sec for each in blocks) / counted(blocks, metric.per)
    return counted(blocks, metric.name) / counted(blocks, metric.per)


def values_of(metric: Metric, blocks: Sequence[Block]) -> Iterator[tuple[str, float]]:
    """What there is of a metric, in words, with its value; nothing where it was not measured."""
    if not blocks or (metric.kind != "memory" and not counted(blocks, metric.per or metric.name)):
        return
    for share in metric.quantiles if metric.kind == "duration" else (None,):
        yield what_of(metric, share), value_of(metric, share, blocks)


def spelled(kind: str, value: float) -> str:
    """A value for a reader."""
    if kind == "memory":
        return f"{value / MIB:,.1f} MiB"
    if kind == "rate":
        return f"{value:.4g}"
    return f"{1e3 * value:,.3f} ms" if value >= 1e-3 else f"{1e6 * value:,.1f} us"
