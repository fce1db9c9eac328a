"""The bucket's cases, and its ports opened together."""

from __future__ import annotations

import importlib
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.comparators.divergence import Divergence
from harness.comparators.exact import compare
from harness.engine.shrink import shortened
from harness.panel import REFERENCE, Availability, Depth, Examined, Judgement, Panel
from harness.shrinking import Search, Shrinking
from harness.subject import Cases, Tally

HERE = Path(__file__).resolve().parent
REQUESTS_MAX = 12
Json = dict[str, Any]
Run = Callable[[int, int, Sequence[tuple[int, int]]], list[Json]]


@dataclass(frozen=True, kw_only=True)
class BucketCase:
    """A bucket, and requests as pairs of a time in ms and an amount."""

    name: str
    capacity: int
    per_sec: int
    requests: tuple[tuple[int, int], ...]
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> Json:
        """The case as plain data."""
        return {
            "name": self.name, "capacity": self.capacity, "per_sec": self.per_sec,
            "requests": [list(each) for each in self.requests], "metadata": dict(self.metadata),
        }  # fmt: skip


def read_case(data: Mapping[str, Any]) -> BucketCase:
    """Read a case back. Raises `KeyError`, `TypeError` or `ValueError`."""
    requests = tuple((int(at_ms), int(amount)) for at_ms, amount in data["requests"])
    return BucketCase(name=str(data["name"]), capacity=int(data["capacity"]), per_sec=int(data["per_sec"]),
                      requests=requests, metadata=data.get("metadata", {}))  # fmt: skip


class BucketCases(Cases[BucketCase]):
    """Generated cases and those of the fixtures."""

    def generate(self, seed: int, index: int, settings: Mapping[str, int]) -> BucketCase:
        """A case of a seed."""
        rng = random.Random(f"bucket {seed} {index}")
        capacity, at_ms, requests = rng.randint(1, 20), 0, []
        for _ in range(rng.randint(1, REQUESTS_MAX)):
            at_ms += rng.choice((0, 1, 250, 999, 1000))
            requests.append((at_ms, rng.choice((1, 2, capacity, capacity + 1))))
        metadata = {"source": "generated", "seed": seed, "index": index}
        return BucketCase(name=f"bucket-{seed}-{index}", capacity=capacity, per_sec=rng.choice((0, 1, 4, 1000)),
                          requests=tuple(requests), metadata=metadata)  # fmt: skip

    def encode(self, case: BucketCase) -> bytes:
        """The case as JSON."""
        return json.dumps(case.to_json(), sort_keys=True).encode()

    def from_json(self, data: Mapping[str, Any]) -> BucketCase:
        """Read a case back."""
        return read_case(data)

    def golden(self) -> Sequence[BucketCase]:
        """The fixtures' cases."""
        paths = sorted((HERE / "bucket_golden" / "fixtures").glob("*.json"))
        return [read_case(json.loads(path.read_text(encoding="utf-8"))["case"]) for path in paths]


class BucketTally(Tally[BucketCase]):
    """Counts what was granted."""

    def met(self, case: BucketCase, expected: list[Json]) -> Iterator[tuple[str, str]]:
        """Each request, granted or refused."""
        for step in expected:
            yield "request", "granted" if step["granted"] else "refused"

    def steps(self, case: BucketCase, expected: list[Json]) -> int:
        """The number of requests."""
        return len(expected)

    def wanted(self, cases: int) -> Mapping[str, Sequence[str]]:
        """Both, from a few cases on."""
        return {"request": ("granted", "refused")} if cases >= 20 else {}


class BucketShrinking(Shrinking[BucketCase]):
    """Fewer requests, smaller numbers."""

    def size(self, case: BucketCase) -> tuple[int, str]:
        """The number of requests."""
        return len(case.requests), "requests"

    def passes(self, panel: Panel[BucketCase]) -> Sequence[Callable[[Search[BucketCase]], None]]:
        """Leave out requests, then make the bucket small."""

        def fewer(search: Search[BucketCase]) -> None:
            shortened(list(search.best.requests), lambda items: search.accept(replace(search.best, requests=tuple(items))))

        def smaller(search: Search[BucketCase]) -> None:
            for capacity in range(1, search.best.capacity):
                search.accept(replace(search.best, capacity=capacity))

        return fewer, smaller


def reference_run(capacity: int, per_sec: int, requests: Sequence[tuple[int, int]]) -> list[Json]:
    """The reference's tokens and grants."""
    core = importlib.import_module("bucket.core")
    bucket, steps = core.Bucket(capacity=capacity, per_sec=per_sec, tokens=capacity), []
    for at_ms, amount in requests:
        bucket, granted = core.take(bucket, at_ms, amount)
        steps.append({"tokens": bucket.tokens, "granted": granted})
    return steps


class BucketPanel(Panel[BucketCase]):
    """Functions of modules, called in this process. A port is missing where its module cannot be imported."""

    def __init__(self, ports: Mapping[str, Run | ImportError]) -> None:
        self.ports = {REFERENCE: reference_run, **ports}
        self.candidates = tuple(ports)

    def examine(self) -> list[Examined]:
        """Whether each module could be imported."""
        return [Examined(name=name, availability=_availability(port)) for name, port in self.ports.items()]

    def _ask(self, port: str, case: BucketCase) -> list[Json]:
        run = self.ports[port]
        assert not isinstance(run, ImportError), "a missing port is not asked"
        return run(case.capacity, case.per_sec, case.requests)

    def expect(self, case: BucketCase) -> list[Json]:
        """The reference's steps."""
        return self._ask(REFERENCE, case)

    def judge(self, port: str, case: BucketCase, expected: list[Json], depth: Depth) -> Judgement:
        """The steps, exactly."""
        try:
            found = {"steps": self._ask(port, case)}
        except Exception as error:
            died = Divergence(path="$", kind="error", reference="steps", candidate=f"{type(error).__name__}: {error}")
            return Judgement(divergences=[died])
        return Judgement(divergences=compare(reference={"steps": expected}, candidate=found))

    def differs(self, one: str, other: str, case: BucketCase) -> Divergence | None:
        """The first step that differs."""
        found = self.judge(other, case, self._ask(one, case), Depth.THOROUGH).divergences
        return found[0] if found else None

    def candidate_of(self, port: str) -> str | None:
        """The module's name."""
        return None if port == "swift" else port.removeprefix("module:")


def _availability(port: Run | ImportError) -> Availability:
    if isinstance(port, ImportError):
        return Availability(available=False, reason=str(port), remedy="name a module that can be imported")
    return Availability(available=True)


def loaded(module: str) -> Run | ImportError:
    try:
        run: Run = importlib.import_module(module).run
    except ImportError as error:
        return error
    return run
