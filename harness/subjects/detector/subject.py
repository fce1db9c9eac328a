"""The detector behind the face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from generators.detector.case import SeriesCase
from harness.engine.builds import files_of, module_files
from harness.panel import Panel, PortRequest
from harness.subject import Cases, Defaults, Golden, Measures, Shrinking, Subject, Tally

if TYPE_CHECKING:
    from harness.bench.result import Benchmark
    from harness.coverage.figures import Coverage
    from harness.mutants.mutations import Mutations


class Detector(Subject[SeriesCase]):
    """The HMM regime detector. Its ports are Python modules, each asked in a process of its own."""

    name = "detector"
    options = frozenset({"candidate_modules", "market_windows", "candles"})
    candidate_option = "candidate_modules"
    defaults = Defaults(sequences=300, batch_size=20, timeout_sec=120.0, night_ports=("rust",))
    forks = True

    def open(self, request: PortRequest) -> AbstractContextManager[Panel[SeriesCase]]:
        """Ports, with the reference in this process."""
        from harness.subjects.detector.panel import open_panel

        return open_panel(request)

    def sources(self) -> Mapping[str, Sequence[Path]]:
        """Reference, contract, generators and comparators."""
        return {
            "reference": files_of(("hmm_regime_detector.py", "detector/*.py")),
            "contract": files_of(("golden/detector/contract.json",)),
            "generators": files_of(("generators/detector/*.py", "golden/*.py", "golden/detector/*.py", "golden/promoted/*.py")),
            "comparators": files_of(("harness/subjects/detector/**/*.py",)),
        }

    def port_files(self, candidates: Sequence[str]) -> Mapping[str, Sequence[Path]]:
        """The files of each module, or the Rust port's package."""
        if candidates:
            return {name: module_files(name) for name in candidates}
        return {"rust": files_of(("doge-hmm/python/doge_hmm/*.py", "doge-hmm/python/doge_hmm/*.so"))}

    @cached_property
    def cases(self) -> Cases[SeriesCase]:
        """Candles and observations."""
        from harness.subjects.detector.cases import DetectorCases

        return DetectorCases()

    @cached_property
    def tally(self) -> Tally[SeriesCase]:
        """Properties of the data."""
        from harness.subjects.detector.cases import DetectorTally

        return DetectorTally()

    @cached_property
    def shrinking(self) -> Shrinking[SeriesCase]:
        """Fewer rows and calls."""
        from harness.subjects.detector.shrink import DetectorShrinking

        return DetectorShrinking()

    @cached_property
    def golden(self) -> Golden[SeriesCase]:
        """Cases with outcomes."""
        from harness.subjects.detector.golden import DetectorGolden

        return DetectorGolden()

    @cached_property
    def mutations(self) -> Mutations:
        """The reference's mutants, and bugs in Rust."""
        from harness.subjects.detector.mutants.mutations import DetectorMutations

        return DetectorMutations()

    @cached_property
    def coverage(self) -> Coverage:
        """Branches of the reference; regions of the Rust port."""
        from harness.subjects.detector.coverage import DetectorCoverage

        return DetectorCoverage()

    @cached_property
    def benchmark(self) -> Benchmark:
        """Calls as multiples of the reference's speed."""
        from harness.subjects.detector.bench import DetectorBenchmark

        return DetectorBenchmark()

    def measures(self) -> Measures:
        """Levels, largest differences, what was excused."""
        from harness.subjects.detector.measures import DetectorMeasures

        return DetectorMeasures()

    def versions(self) -> Mapping[str, str]:
        """The libraries of the reference."""
        from harness.subjects.detector.golden import library_versions

        return library_versions()


SUBJECT = Detector()
