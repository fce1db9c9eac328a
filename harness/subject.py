"""The face of a subject: all that the engine may ask of one.

A subject is a pure core with a reference and ports of it. The engine names none: it gets a `Subject` by its name from
`harness.subjects.registry` and calls the methods below. `docs/adding_a_subject.md` shows a whole one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from generators.plain import Json
from harness.comparators.divergence import Divergence
from harness.panel import C, Depth, Judgement, Panel, PortRequest
from harness.parts import SubjectError, part_made
from harness.shrinking import Shrinking

if TYPE_CHECKING:
    from generators.candles import CandleSeries
    from harness.bench.result import Benchmark
    from harness.coverage.figures import Coverage
    from harness.mutants.mutations import Mutations


class Cases(ABC, Generic[C]):
    """The sources of cases."""

    @abstractmethod
    def generate(self, seed: int, index: int, settings: Mapping[str, int]) -> C:
        """Case `index` of a seed; the same everywhere."""

    def generate_seen(self, seed: int, index: int, settings: Mapping[str, int]) -> tuple[C, Any]:
        """The same case, and what the reference answered while it was made, if it was asked; for `Panel.expect_seen`."""
        return self.generate(seed, index, settings), None

    @abstractmethod
    def encode(self, case: C) -> bytes:
        """All that the case is, as bytes."""

    @abstractmethod
    def from_json(self, data: Mapping[str, Any]) -> C:
        """Read `to_json` back. Raises `ValueError`, `KeyError` or `TypeError`."""

    @abstractmethod
    def golden(self) -> Sequence[C]:
        """The cases of all fixtures. Raises `FixtureError`."""

    def market(self, candles: CandleSeries, seed: int, windows_max: int | None) -> Sequence[C]:
        """Cases made of candles; none for a subject that knows no market. Raises `CandleError` for too few candles."""
        del candles, seed, windows_max
        return ()


class Tally(ABC, Generic[C]):
    """Counts the things that cases meet: a check that never meets a thing says nothing about it."""

    @abstractmethod
    def met(self, case: C, expected: Any) -> Iterator[tuple[str, str]]:
        """Kind and name of each thing that a case meets, once for each time."""

    def steps(self, case: C, expected: Any) -> int:
        """The number of steps of a case."""
        del case, expected
        return 1

    @abstractmethod
    def wanted(self, cases: int) -> Mapping[str, Sequence[str]]:
        """Names by kind that so many cases have to meet; a spot check need not meet anything."""

    def values(self, case: C, expected: Any) -> Iterator[tuple[str, Hashable]]:
        """Kind and value of each quantity of a market-driven case, whose different values a run counts; none by default."""
        del case, expected
        return iter(())

    def values_wanted(self, cases: int) -> Mapping[str, int]:
        """The fewest different values by kind that so many market-driven cases may have, or they exercise next to nothing."""
        del cases
        return {}


class Measures:
    """Figures beyond divergences that a subject collects for the report of a run; none by default."""

    def add(self, case: Any, judgement: Judgement) -> None:
        """Take in one judgement."""

    def absorb(self, other: Any) -> None:
        """Take in what other measures of the same kind have collected, of later cases."""

    def to_json(self) -> Json:
        """The figures as plain data. `levels`, if it is there, gives `compared` and `divergent` by level, for the dashboard."""
        return {}

    def tables(self, port: str) -> Sequence[Any]:
        """The figures as `rich` prints them."""
        del port
        return ()


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something about a fixture that is not as it was recorded: where, and one sentence."""

    fixture: str
    where: str
    sentence: str
    divergence: Divergence | None = None

    def to_json(self) -> Json:
        """The problem as plain data."""
        divergence = None if self.divergence is None else self.divergence.to_json()
        return {"fixture": self.fixture, "where": self.where, "sentence": self.sentence, "divergence": divergence}


class Golden(ABC, Generic[C]):
    """A subject's fixtures: `folder` holds `fixtures/`, `manifest.json` and the contract's file.

    Definitions and fixtures are the subject's own types; both have a `name`, which is the fixture file's too.
    """

    folder: Path
    # The folder of promoted cases; None stands for `golden/promoted`.
    promoted_dir: Path | None = None
    # True where fixtures hold more than cases, so that a run asks candidates, too, for what was recorded.
    holds_calls: bool = False

    @abstractmethod
    def recorded_under(self) -> Json:
        """The part of the manifest that outcomes depend on: hashes of contract and reference, versions of libraries."""

    def remedy(self, key: str) -> str:
        """The advice where a key of `recorded_under` is not what it was."""
        del key
        return "run `parity golden record` if that is meant"

    def check_contract(self, manifest: Json) -> Iterator[Problem]:
        """Problems of the contract's file other than its hash."""
        del manifest
        return iter(())

    @abstractmethod
    def definitions(self) -> Sequence[Any]:
        """The definitions to record."""

    @abstractmethod
    def record(self, definition: Any) -> bytes:
        """The file of a definition's fixture."""

    @abstractmethod
    def redefined(self, definition: Any, recorded: bytes) -> tuple[str, Divergence | None] | None:
        """A sentence, and the first place that differs, where a fixture is not what its definition would give now."""

    @abstractmethod
    def define(self, case: C, name: str, about: str) -> Any:
        """The definition of a promoted case, under the name of its fixture."""

    @abstractmethod
    def read(self, directory: Path) -> Sequence[Any]:
        """All fixtures of a folder. Raises `FixtureError`."""

    @abstractmethod
    def first_divergence(self, panel: Panel[C], port: str, fixture: Any) -> Divergence | None:
        """The first place where a port, or the reference, does not answer as recorded."""


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """Numbers that a command takes where its user names none.

    `sequences` are the generated cases of the main job. `settings` go to `Cases.generate`. One case in every so many
    is compared thoroughly. `night_ports` are the candidates of a fuzz run, where slow ports have no place.
    """

    sequences: int
    batch_size: int
    timeout_sec: float
    night_ports: tuple[str, ...]
    run_settings: Mapping[str, int] = field(default_factory=dict)
    night_settings: Mapping[str, int] = field(default_factory=dict)
    run_thorough_every: int = 1
    night_thorough_every: int = 1

    def night_depth(self, index: int) -> Depth:
        """The depth of the comparison of a fuzz run's case."""
        return Depth.PLAIN if index % self.night_thorough_every else Depth.THOROUGH


class Subject(ABC, Generic[C]):
    """One subject. Parts that are None are what it does not have; a command that needs one says so."""

    name: str
    defaults: Defaults
    # Those of `candidate_exes`, `candidate_modules`, `events_max`, `market_windows`, `candles` that mean something to this one.
    options: frozenset[str]
    # The option that names candidates, one of `options`; empty where none can be named.
    candidate_option: str = ""
    # True where candidates run in processes that are forked by the one that asks them.
    forks: bool = False
    # The parts below by name, as `module:Class`. There must be `cases`, `tally` and `shrinking` (`harness.parts`).
    parts: ClassVar[Mapping[str, str]]

    @abstractmethod
    def open(self, request: PortRequest) -> AbstractContextManager[Panel[C]]:
        """Open ports; they are closed with the block. Raises `UnknownPortError`."""

    @abstractmethod
    def sources(self) -> Mapping[str, Sequence[Path]]:
        """All files that decide about cases and verdicts, by their role, beside those of the engine."""

    @abstractmethod
    def port_files(self, candidates: Sequence[str]) -> Mapping[str, Sequence[Path]]:
        """The files that each of these candidates is made of, as far as it is files; without candidates, those of every port.

        Every port that `open` opens by itself is named, under the name that it has in a panel: evidence of a port without files
        counts for nothing. One that is not here has none, or is left out where `open` leaves it out.
        """

    def _made(self, name: str) -> Any:
        return part_made(self.name, self.parts, name)

    def _part(self, name: str) -> Any:
        return self._made(name) if name in self.parts else None

    @cached_property
    def cases(self) -> Cases[C]:
        """The cases."""
        cases: Cases[C] = self._made("cases")
        return cases

    @cached_property
    def tally(self) -> Tally[C]:
        """The counter of the things that cases meet."""
        tally: Tally[C] = self._made("tally")
        return tally

    @cached_property
    def shrinking(self) -> Shrinking[C]:
        """The passes that make cases smaller."""
        shrinking: Shrinking[C] = self._made("shrinking")
        return shrinking

    @cached_property
    def golden(self) -> Golden[C] | None:
        """The fixtures."""
        golden: Golden[C] | None = self._part("golden")
        return golden

    @cached_property
    def mutations(self) -> Mutations | None:
        """The mutants and planted bugs."""
        mutations: Mutations | None = self._part("mutations")
        return mutations

    @cached_property
    def coverage(self) -> Coverage | None:
        """The measurement of coverage."""
        coverage: Coverage | None = self._part("coverage")
        return coverage

    @cached_property
    def benchmark(self) -> Benchmark | None:
        """The benchmark."""
        benchmark: Benchmark | None = self._part("benchmark")
        return benchmark

    def measures(self) -> Measures:
        """An empty set of measures for one port of a run. Raises `SubjectError` for some that cannot be put together."""
        made: Measures = self._part("measures") or Measures()
        cls = type(made)
        if cls.add is not Measures.add and cls.absorb is Measures.absorb:
            # What the processes of a run collected would be lost.
            raise SubjectError(self.name, f"has {cls.__name__} as its measures, which lacks absorb")
        return made

    def versions(self) -> Mapping[str, str]:
        """Versions of the libraries that an outcome depends on."""
        return {}

    def outdated(self) -> Mapping[str, str] | None:
        """A sentence for each built port whose sources are others now, by port; None for a subject that builds none."""
        return None

    def shadowed(self) -> Mapping[str, str] | None:
        """Digests of what a shadow of this subject would compare here, as its journals name them; None without a shadow."""
        return None
