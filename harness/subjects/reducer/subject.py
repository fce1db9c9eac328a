"""The reducer as a subject of the harness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar

from doge_core.locate import find_executable, find_library
from generators.reducer.case import Case
from harness.engine.builds import command_files, files_of, older_than_sources
from harness.panel import Panel, PortRequest
from harness.subject import Defaults, Subject

# What the executable and the library are made of, below the folder that its build lies in.
BUILT_OF = ("app/**/*.hs", "src*/**/*.hs", "*.cabal", "cabal.project", "cabal.config")
LIBRARY_OF = ("inproc/*", "src*/**/*.hs", "doge-core.cabal")


class Reducer(Subject[Case]):
    """The order state machine. Its ports are executables that answer on the wire."""

    name = "reducer"
    options = frozenset({"candidate_exes", "events_max", "market_windows", "candles"})
    candidate_option = "candidate_exes"
    defaults = Defaults(
        sequences=2000,
        batch_size=250,
        timeout_sec=10.0,
        # `haskell-oneshot` starts a process for every call.
        night_ports=("haskell",),
        run_settings={"events_max": 40},
        night_settings={"events_max": 56},
        # A replay finds most bugs; a thorough comparison costs twice as much.
        run_thorough_every=20,
        night_thorough_every=40,
    )
    parts: ClassVar[Mapping[str, str]] = {
        "cases": "harness.subjects.reducer.cases:ReducerCases",
        "tally": "harness.subjects.reducer.cases:ReducerTally",
        "shrinking": "harness.subjects.reducer.shrink:ReducerShrinking",
        "golden": "harness.subjects.reducer.golden:ReducerGolden",
        "mutations": "harness.subjects.reducer.mutants.mutations:ReducerMutations",
        "coverage": "harness.subjects.reducer.coverage:ReducerCoverage",
        "drills": "harness.subjects.reducer.drills.drills:ReducerDrills",
        "telemetry": "harness.subjects.reducer.telemetry:ReducerShare",
        "adapter": "doge_core.__main__:report",
        "exhaustion": "harness.subjects.reducer.exhaust.part:ReducerExhaustion",
        "benchmark": "harness.subjects.reducer.bench.benchmark:ReducerBenchmark",
    }

    def open(self, request: PortRequest) -> AbstractContextManager[Panel[Case]]:
        """Open the ports of a request, with the reference in this process."""
        from harness.subjects.reducer.panel import open_panel

        return open_panel(request)

    def sources(self) -> Mapping[str, Sequence[Path]]:
        """Return the source files of the reference, contract, generators, comparators and the production client."""
        return {
            "reference": files_of(("state_machine.py", "reducer/*.py")),
            "contract": files_of(("golden/reducer/contract.json",)),
            "generators": files_of(
                ("generators/reducer/*.py", "golden/*.py", "golden/reducer/**/*.py", "golden/promoted/*.py")
            ),
            "comparators": files_of(
                ("harness/subjects/reducer/**/*.py", "doge_core/*.py", "doge_shadow/*.py", "doge_telemetry/*.py")
            ),
        }

    def outdated(self) -> Mapping[str, str]:
        """Return a sentence on the executable, and on the library, if it is older than the sources beside it."""
        built = (
            ("haskell", find_executable(), BUILT_OF, "build"),
            ("haskell-inproc", find_library(), LIBRARY_OF, "inproc/build"),
        )
        sentences = {
            port: older_than_sources(path, path.parent.parent, patterns, build=build)
            for port, path, patterns, build in built
            if path is not None
        }
        return {port: sentence for port, sentence in sentences.items() if sentence is not None}

    def shadowed(self) -> Mapping[str, str]:
        """Return the digests of the reference and of the executable, as the adapter's shadow takes them."""
        # Imported here because commands without a shadow need nothing of it.
        from doge_core.shadowing import identity_here

        return identity_here(find_executable())

    def port_files(self, candidates: Sequence[str]) -> Mapping[str, Sequence[Path]]:
        """Return the files of each candidate's command line, or else those of the built-in ports and of other packages' ports.

        The library is a port only where it is built, as for whoever opens the ports.
        """
        if candidates:
            return {text: command_files(text) for text in candidates}
        # Imported here because most commands open no port.
        from harness.subjects.reducer.ports.registry import brought_files

        executable, library = find_executable(), find_library()
        server = [] if executable is None else [executable]
        inproc = {} if library is None else {"haskell-inproc": [library]}
        return {**brought_files(), "haskell": server, "haskell-oneshot": server, **inproc}


SUBJECT = Reducer()
