"""The detector as a subject of the harness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar

from doge_shadow.identity import identity_of, package_files
from generators.detector.case import DetectorCase
from harness.engine.builds import files_of, module_files, older_than_sources
from harness.panel import Panel, PortRequest
from harness.subject import Defaults, Subject

# The extension in its package, and what it is made of. The package's own modules are read as they are, and are never older.
EXTENSION = "_native.abi3.so"
BUILT_OF = ("src/**/*.rs", "Cargo.toml", "Cargo.lock")


class Detector(Subject[DetectorCase]):
    """The HMM regime detector. Its ports are Python modules, each called in a process of its own."""

    name = "detector"
    options = frozenset({"candidate_modules", "market_windows", "candles"})
    candidate_option = "candidate_modules"
    defaults = Defaults(sequences=300, batch_size=20, timeout_sec=120.0, night_ports=("rust",))
    forks = True
    parts: ClassVar[Mapping[str, str]] = {
        "cases": "harness.subjects.detector.cases:DetectorCases",
        "tally": "harness.subjects.detector.cases:DetectorTally",
        "shrinking": "harness.subjects.detector.shrink:DetectorShrinking",
        "golden": "harness.subjects.detector.golden:DetectorGolden",
        "mutations": "harness.subjects.detector.mutants.mutations:DetectorMutations",
        "coverage": "harness.subjects.detector.coverage:DetectorCoverage",
        "benchmark": "harness.subjects.detector.bench:DetectorBenchmark",
        "measures": "harness.subjects.detector.measures:DetectorMeasures",
        "adapter": "doge_detector.__main__:report",
        "telemetry": "harness.subjects.detector.telemetry:DetectorShare",
    }

    def open(self, request: PortRequest) -> AbstractContextManager[Panel[DetectorCase]]:
        """Open the ports of a request, with the reference in this process."""
        from harness.subjects.detector.panel import open_panel

        return open_panel(request)

    def sources(self) -> Mapping[str, Sequence[Path]]:
        """Return the source files of the reference, contract, generators and comparators."""
        return {
            "reference": files_of(("hmm_regime_detector.py", "detector/*.py")),
            "contract": files_of(("golden/detector/contract.json",)),
            "generators": files_of(("generators/detector/*.py", "golden/*.py", "golden/detector/*.py", "golden/promoted/*.py")),
            "comparators": files_of(
                ("harness/subjects/detector/**/*.py", "doge_detector/*.py", "doge_shadow/*.py", "doge_telemetry/*.py")
            ),
        }

    def shadowed(self) -> Mapping[str, str]:
        """Return the digests of the reference and of the Rust package, as the loader's shadow takes them."""
        # Not from `doge_detector`, whose import chooses an implementation for whoever imports it.
        return identity_of(self.sources()["reference"], package_files("doge_hmm"))

    def port_files(self, candidates: Sequence[str]) -> Mapping[str, Sequence[Path]]:
        """Return the files of each candidate module, or else those of the Rust port's package.

        They are those of the package that would be imported, wherever it is: what is asked is what evidence names.
        """
        if candidates:
            return {name: module_files(name) for name in candidates}
        built = ("doge-hmm/python/doge_hmm/*.py", "doge-hmm/python/doge_hmm/*.so")
        return {"rust": package_files("doge_hmm") or files_of(built)}

    def outdated(self) -> Mapping[str, str]:
        """Return a sentence on the extension that would be imported if it is older than the sources beside it."""
        package = next((path.parent for path in module_files("doge_hmm")), None)
        older = None if package is None else older_than_sources(package / EXTENSION, package.parent.parent, BUILT_OF)
        return {} if older is None else {"rust": older}

    def versions(self) -> Mapping[str, str]:
        """Return the versions of the reference's libraries."""
        from golden.detector.corpus import library_versions

        return library_versions()


SUBJECT = Detector()
