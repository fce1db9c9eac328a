"""The status in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

# Each gauge with its key in the status of a run, and what it counts.
GAUGES = (
    ("parity_run_planned_cases", "planned", "Cases that the run is to look at"),
    ("parity_run_cases", "cases", "Cases looked at so far"),
    ("parity_run_steps", "steps", "Steps of those cases"),
    ("parity_run_divergent_cases", "divergent", "Cases that diverge, waived ones among them"),
    ("parity_run_waived_cases", "waived", "Divergent cases that a waiver covers"),
    ("parity_run_excused_cases", "excused", "Cases compared only as far as the reference agrees with itself"),
    ("parity_run_finds", "finds_count", "Kinds of divergence"),
    ("parity_run_started_timestamp_seconds", "started_at", "When the run began"),
    ("parity_run_last_batch_timestamp_seconds", "last_at", "When its last batch was recorded"),
    ("parity_run_cases_per_second", "rate", "Pace of the last minute"),
)
LABELS = ("run", "subject", "state")
BACKEND = ("subject", "backend")
# The same of a shadow's period, by the key of its status.
SHADOW_GAUGES = (
    ("parity_shadow_covered_hours", "covered_hours", "Hours in which nearly all calls were compared"),
    ("parity_shadow_coverage", "coverage", "Share of all calls that were compared"),
    ("parity_shadow_high", "high", "Divergences of high severity"),
    ("parity_shadow_low", "low", "Divergences of low severity"),
    ("parity_shadow_senseless", "senseless", "Answers that made no sense"),
    ("parity_shadow_failures", "failures", "Failures, of whatever cause"),
    ("parity_shadow_last_line_timestamp_seconds", "written_at", "When a bot wrote last"),
)


class _Collector:
    def __init__(self, status: Mapping[str, Any]) -> None:
        self.status = status

    def collect(self) -> Iterator[Metric]:
        """Every gauge with a sample for each run or shadow that has the figure."""
        readable = GaugeMetricFamily("parity_ledger_readable", "Whether the ledger could be read")
        readable.add_metric([], 0.0 if "error" in self.status else 1.0)
        yield readable
        yield from _gauges(GAUGES, LABELS, [{**run, "run": run["id"]} for run in self.status.get("runs", ())])
        yield from _gauges(SHADOW_GAUGES, ("subject",), self.status.get("shadows", ()))
        what = "1 for the backend that would answer in the environment of parity serve, whatever a running bot has set"
        backends = GaugeMetricFamily("parity_backend", what, labels=BACKEND)
        for each in self.status.get("backends", ()):
            if "answered" in each:
                backends.add_metric([each["subject"], each["answered"]], 1.0)
        yield backends


def _gauges(
    gauges: Sequence[tuple[str, str, str]], labels: Sequence[str], entries: Iterable[Mapping[str, Any]]
) -> Iterator[Metric]:
    """Each gauge, with a sample for each entry of the status that has the figure."""
    entries = list(entries)
    for name, key, text in gauges:
        family = GaugeMetricFamily(name, text, labels=labels)
        for each in entries:
            if each.get(key) is not None:
                family.add_metric([str(each[label]) for label in labels], float(each[key]))
        yield family


def exposition(status: Mapping[str, Any]) -> bytes:
    """The text that a scrape is answered with."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(status))
    return generate_latest(registry)
