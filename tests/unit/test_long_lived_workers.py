"""Workers that live for long: what they have imported is what counts, and a cluster without any is waited for quietly."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import harness.engine.builds as builds
import harness.fuzz.cluster as cluster
from harness.engine.workers import WorkersError
from harness.mutants.sandbox import why_of


def test_a_process_hashes_the_shared_sources_that_it_first_saw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "engine.py"
    source.write_text("old\n", encoding="utf-8")
    monkeypatch.setattr(builds, "ROOT", tmp_path)
    monkeypatch.setattr(builds, "ENGINE", ("*.py",))
    monkeypatch.setattr(builds, "subject_called", lambda _: SimpleNamespace(sources=dict))
    sources = builds._sources.__wrapped__
    old = sources("reducer")["engine"]
    source.write_text("new\n", encoding="utf-8")
    # The first subject imported the old source, so the second one runs with it as well.
    assert sources("detector")["engine"] == old
    assert builds.hash_of([source]) != old


def test_a_cluster_that_lost_its_last_worker_is_not_asked_in_a_busy_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    def nthreads() -> dict[str, int]:
        nonlocal asked
        asked += 1
        return {}

    client: Any = SimpleNamespace(nthreads=nthreads)
    monkeypatch.setattr(cluster, "WORKER_SEC", 0.4)
    monkeypatch.setattr(cluster, "LOOK_SEC", 0.1)
    with pytest.raises(WorkersError, match="has had no worker"):
        list(cluster._drain(client, {}, {}, [0], "tcp://x", None))
    assert asked <= 10


def test_a_full_disk_is_a_sentence_with_a_remedy() -> None:
    said = why_of(1, ["Compiling", "write error: No space left on device", "cabal: failed"])
    assert said.endswith("(write error: No space left on device); free some space, or set TMPDIR to a folder on another disk")
    assert why_of(1, ["Compiling", "Cannot create x: Permission denied", "failed"]) == "Cannot create x: Permission denied"
    assert why_of(7, []) == "exit code 7"
