"""The shadow's counts as Prometheus reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

import doge_core
from doge_shadow.prometheus import BUCKETS_SEC
from tests.adapter.traffic import CONFIG, SIZE_USD, start, walk


def scraped() -> dict[str, float]:
    """Samples by name and labels."""
    registry = CollectorRegistry()
    registry.register(doge_core.shadow_collector())
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {
        f"{sample.name}{sorted(sample.labels.items()) or ''}": sample.value for family in families for sample in family.samples
    }


@pytest.fixture
def shadow(tmp_path: Path, executable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The adapter with a shadow, as a bot sets it up."""
    monkeypatch.setenv("DOGE_CORE_SHADOW", "1")
    monkeypatch.setenv("DOGE_CORE_SHADOW_DIR", str(tmp_path / "shadow"))
    monkeypatch.setenv("DOGE_CORE_EXE", str(executable))
    doge_core.reset()
    yield
    monkeypatch.undo()
    doge_core.reset()


def test_a_bot_exports_what_its_shadow_counts(shadow: None) -> None:
    held = start()
    for _, event, _, _ in walk(1, 50):
        held, _ = doge_core.transition(held, event, CONFIG, SIZE_USD)
    watched = doge_core._watched()
    assert watched is not None
    assert watched.shadow.drain(30.0)
    watched.shadow.stop()
    found = scraped()
    assert found["state_machine_shadow_enabled"] == 1.0
    assert found["state_machine_shadow_calls_total"] == 50.0
    assert found["state_machine_shadow_compared_calls_total[('kind', 'transition')]"] == 50.0
    assert found["state_machine_shadow_divergences_total[('severity', 'high')]"] == 0.0
    # There before the first one, so that an alert sees the first one.
    assert found["state_machine_shadow_failures_total[('cause', 'persistent:drift')]"] == 0.0
    assert found["state_machine_shadow_failures_total[('cause', 'persistent:garbage')]"] == 0.0
    assert found["state_machine_shadow_candidate_seconds_count"] == 50.0
    assert found["state_machine_shadow_candidate_seconds_sum"] > 0.0
    counts = [found[f"state_machine_shadow_candidate_seconds_bucket[('le', '{bound:g}')]"] for bound in BUCKETS_SEC]
    assert counts == sorted(counts)
    assert counts[-1] == 50.0
    assert doge_core.get_shadow_metrics()["transition_checks"] == 50
    assert doge_core.status()["backend"] == "python"


def test_a_shadow_that_is_off_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOGE_CORE_BACKEND", "python")
    doge_core.reset()
    assert scraped() == {"state_machine_shadow_enabled": 0.0}
    off = doge_core.get_shadow_metrics()
    assert (off["enabled"], off["total_divergences"], off["last_divergence_ts"]) == (False, 0, None)
    doge_core.reset_shadow_metrics()
    monkeypatch.undo()
    doge_core.reset()
