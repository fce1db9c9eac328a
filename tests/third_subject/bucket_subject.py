"""The bucket behind the face of a subject."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from bucket_cases import HERE, BucketCase, BucketPanel, loaded

from harness.engine.builds import module_files
from harness.panel import REFERENCE, Panel, PortRequest
from harness.subject import Defaults, Subject


class BucketSubject(Subject[BucketCase]):
    """The token bucket."""

    name = "bucket"
    options = frozenset({"candidate_modules"})
    candidate_option = "candidate_modules"
    defaults = Defaults(sequences=200, batch_size=50, timeout_sec=5.0, night_ports=("swift",))
    parts: ClassVar[Mapping[str, str]] = {
        "cases": "bucket_cases:BucketCases",
        "tally": "bucket_cases:BucketTally",
        "shrinking": "bucket_cases:BucketShrinking",
        "golden": "bucket_extras:BucketGolden",
        "mutations": "bucket_extras:BucketMutations",
        "benchmark": "bucket_extras:BucketBenchmark",
        "exhaustion": "bucket_worlds:BucketExhaustion",
    }

    @contextmanager
    def open(self, request: PortRequest) -> Iterator[Panel[BucketCase]]:
        """Modules, imported."""
        names = [name for name in request.names or ("swift",) if name != REFERENCE]
        ports = {name: loaded(f"bucket_{name}") for name in names}
        yield BucketPanel({**ports, **{f"module:{name}": loaded(name) for name in request.candidates}})

    def sources(self) -> Mapping[str, Sequence[Path]]:
        """Reference and face."""
        return {"reference": sorted((HERE / "bucket").glob("*.py")), "comparators": [Path(__file__)]}

    def port_files(self, candidates: Sequence[str]) -> Mapping[str, Sequence[Path]]:
        """The modules' files."""
        if candidates:
            return {name: module_files(name) for name in candidates}
        return {"swift": module_files("bucket_swift")}


SUBJECT = BucketSubject()
