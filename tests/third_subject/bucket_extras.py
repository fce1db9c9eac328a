"""What the bucket has beside its cases and ports: fixtures, mutants, a benchmark."""

from __future__ import annotations

import ast
import importlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bucket_cases import HERE, BucketCase, BucketPanel, Json, read_case, reference_run

from golden.manifest import FixtureError, files_hash
from golden.promoted import read_promoted
from harness.bench.result import Benchmark, BenchResult, Load, Micro, Target, spread_of
from harness.bench.timing import one_cpu, seconds_of
from harness.comparators.divergence import Divergence
from harness.mutants.catalogue import Source
from harness.mutants.equivalents import Equivalent
from harness.mutants.historical import Historical
from harness.mutants.inject import Changed, reimporting
from harness.mutants.mutations import Mutations
from harness.mutants.operators import Vocabulary
from harness.panel import Depth, Panel
from harness.subject import Golden


@dataclass(frozen=True, kw_only=True)
class BucketFixture:
    """A case with the reference's steps."""

    case: BucketCase
    steps: list[Json]

    @property
    def name(self) -> str:
        """The case's name."""
        return self.case.name


class BucketGolden(Golden[BucketCase]):
    """One defined case, and those that were promoted."""

    folder = HERE / "bucket_golden"
    promoted_dir = HERE / "bucket_promoted"

    def recorded_under(self) -> Json:
        """The reference."""
        return {"reference_hash": files_hash(("bucket/*.py",), HERE)}

    def definitions(self) -> Sequence[BucketCase]:
        """The defined case and the promoted ones."""
        first = BucketCase(name="all_then_one", capacity=3, per_sec=1, requests=((0, 3), (500, 1), (1000, 1)))
        return [first, *(read_case(case) for _, case in read_promoted("bucket", self.promoted_dir))]

    def record(self, definition: BucketCase) -> bytes:
        """The case with its steps."""
        steps = reference_run(definition.capacity, definition.per_sec, definition.requests)
        return (json.dumps({"case": definition.to_json(), "steps": steps}, indent=1) + "\n").encode()

    def redefined(self, definition: BucketCase, recorded: bytes) -> tuple[str, Divergence | None] | None:
        """Recorded again, byte by byte."""
        return None if recorded == self.record(definition) else ("records differently", None)

    def define(self, case: BucketCase, name: str, about: str) -> BucketCase:
        """The case under another name."""
        return replace(case, name=name, metadata={**case.metadata, "source": "golden"})

    def read(self, directory: Path) -> Sequence[BucketFixture]:
        """Every fixture."""
        found = []
        for path in sorted(directory.glob("*.json")):
            try:
                data = json.loads(path.read_text(encoding="utf-8"))
                found.append(BucketFixture(case=read_case(data["case"]), steps=data["steps"]))
            except (OSError, ValueError, KeyError) as error:
                raise FixtureError(f"{path}: is not a fixture ({error})") from error
        return found

    def first_divergence(self, panel: Panel[BucketCase], port: str, fixture: BucketFixture) -> Divergence | None:
        """The first step that is not as recorded."""
        found = panel.judge(port, fixture.case, fixture.steps, Depth.THOROUGH).divergences
        return found[0] if found else None


class BucketMutations(Mutations):
    """Mutants of `bucket.core`."""

    source = Source(package="bucket", modules=("core",), unreachable={}, words=Vocabulary())
    historical = (
        Historical(
            name="half_second", package="bucket", module="core", change="half seconds count", old="// 1000", new="// 500"
        ),
    )
    equivalents = (
        Equivalent("core.refill", "order:arguments_0", "min(…", "equal ints are the same, so their order cannot show"),
    )
    sequences = 300

    def inject(self, module: str, tree: ast.Module) -> BucketPanel:
        """The reference with one module changed."""
        with reimporting(Changed(f"bucket.{module}", tree), ("bucket",)):
            core = importlib.import_module("bucket.core")

        def run(capacity: int, per_sec: int, requests: Sequence[tuple[int, int]]) -> list[Json]:
            bucket, steps = core.Bucket(capacity=capacity, per_sec=per_sec, tokens=capacity), []
            for at_ms, amount in requests:
                bucket, granted = core.take(bucket, at_ms, amount)
                steps.append({"tokens": bucket.tokens, "granted": granted})
            return steps

        return BucketPanel({"mutant": run})


class BucketBenchmark(Benchmark):
    """Reference and port on the same requests."""

    @contextmanager
    def micro(self) -> Iterator[Micro]:
        """A hundred requests of the reference."""
        requests = [(number, 1) for number in range(100)]
        yield {"requests": lambda: reference_run(20, 4, requests)}

    def measure(self, candles: Path | None, rounds: int, cpu: int | None) -> BenchResult:
        """Seconds of a thousand requests, each way."""
        requests = [(number, 1) for number in range(1000)]
        swift = importlib.import_module("bucket_swift").run
        with one_cpu(cpu) as chosen:
            costs = [[seconds_of(lambda run=run: run(20, 4, requests)) * 1e6 for run in (reference_run, swift)]
                     for _ in range(rounds)]  # fmt: skip
        ratios = {"swift": spread_of([one / other for one, other in costs])}
        target = Target("reference / swift", "swift", 1.0, "a port must not be slower", floor=True)
        columns = {"python, us": {"requests": costs[0][0]}, "swift, us": {"requests": costs[0][1]}}
        load = Load(columns=columns, ratios=ratios, targets=[target.verdict(ratios)])
        return BenchResult(cpu=chosen, rounds=rounds, loads={"requests": load})
