"""The reducer behind the face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from doge_core.locate import find_executable
from generators.reducer.case import Case
from harness.engine.builds import command_files, files_of
from harness.panel import Panel, PortRequest
from harness.subject import Cases, Defaults, Golden, Measures, Shrinking, Subject, Tally

if TYPE_CHECKING:
    from harness.bench.result import Benchmark
    from harness.coverage.figures import Coverage
    from harness.mutants.mutations import Mutations


class Reducer(Subject[Case]):
    """The order state machine. Its ports are executables behind the wire."""

    name = "reducer"
    options = frozenset({"candidate_exes", "events_max", "candles"})
    candidate_option = "candidate_exes"
    defaults = Defaults(
        sequences=2000,
        batch_size=250,
        timeout_sec=10.0,
        # `haskell-oneshot` starts a process for every call.
        night_ports=("haskell",),
        run_settings={"events_max": 40},
        night_settings={"events_max": 56},
        # Replay says most; the other methods and a session cost as much again.
        run_thorough_every=20,
        night_thorough_every=40,
    )

    def open(self, request: PortRequest) -> AbstractContextManager[Panel[Case]]:
        """Ports, with the reference in this process."""
        from harness.subjects.reducer.panel import open_panel

        return open_panel(request)

    def sources(self) -> Mapping[str, Sequence[Path]]:
        """Reference, contract, generators, comparators and the client that production uses."""
        return {
            "reference": files_of(("state_machine.py", "reducer/*.py")),
            "contract": files_of(("golden/reducer/contract.json",)),
            "generators": files_of(
                ("generators/reducer/*.py", "golden/*.py", "golden/reducer/**/*.py", "golden/promoted/*.py")
            ),
            "comparators": files_of(("harness/subjects/reducer/**/*.py", "doge_core/*.py")),
        }

    def port_files(self, candidates: Sequence[str]) -> Mapping[str, Sequence[Path]]:
        """The files of each command line, or the Haskell executable."""
        if candidates:
            return {text: command_files(text) for text in candidates}
        executable = find_executable()
        return {"haskell": [] if executable is None else [executable]}

    @cached_property
    def cases(self) -> Cases[Case]:
        """Event streams."""
        from harness.subjects.reducer.cases import ReducerCases

        return ReducerCases()

    @cached_property
    def tally(self) -> Tally[Case]:
        """Phases, events, actions."""
        from harness.subjects.reducer.cases import ReducerTally

        return ReducerTally()

    @cached_property
    def shrinking(self) -> Shrinking[Case]:
        """Fewer events."""
        from harness.subjects.reducer.shrink import ReducerShrinking

        return ReducerShrinking()

    @cached_property
    def golden(self) -> Golden[Case]:
        """Cases and calls."""
        from harness.subjects.reducer.golden import ReducerGolden

        return ReducerGolden()

    @cached_property
    def mutations(self) -> Mutations:
        """The reference's mutants, and bugs in Haskell."""
        from harness.subjects.reducer.mutants.mutations import ReducerMutations

        return ReducerMutations()

    @cached_property
    def coverage(self) -> Coverage:
        """Branches of the reference; alternatives and expressions of the Haskell port."""
        from harness.subjects.reducer.coverage import ReducerCoverage

        return ReducerCoverage()

    @cached_property
    def benchmark(self) -> Benchmark:
        """Calls in multiples of a bare round trip."""
        from harness.subjects.reducer.bench.benchmark import ReducerBenchmark

        return ReducerBenchmark()

    def measures(self) -> Measures:
        """Sessions that were compared."""
        from harness.subjects.reducer.measures import ReducerMeasures

        return ReducerMeasures()


SUBJECT = Reducer()
