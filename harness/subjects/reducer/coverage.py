"""The reducer's coverage: branches of the reference, and what a Haskell server counts that `doge-core/coverage` builds."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar
from xml.etree import ElementTree

from harness import ROOT
from harness.coverage.figures import Coverage, Figure, NotMeasuredError
from harness.coverage.tools import branches_of, run
from harness.panel import REFERENCE
from harness.subjects.reducer.mutants.unreachable import unreachable_lines

HOW_TO_GET = "run ./build.sh as root, or install the packages ghc and cabal-install"
PORT = ROOT / "doge-core"
BUILD = PORT / "dist-newstyle" / "coverage"
TOOLS = ("ghc", "cabal", "hpc")
# How `hpc report --xml-output` calls what is counted.
TAGS = {"alternatives": "alts", "expressions": "exprs"}
# The modules of the reference that decide something.
MODULES = (
    "pricing", "orders", "booking", "orphaning", "transition", "invariants", "bootstrap", "snapshot", "domain",
)  # fmt: skip
# A build that counts answers several times later than one that does not; and a server that is killed leaves no figures.
ANSWER_SEC = 60.0
# For a server to write its figures, however busy the machine is.
END_SEC = 60.0


class ReducerCoverage(Coverage):
    """Reference and server are measured together: only a comparison asks for single transitions and sessions.

    Of Haskell, `hpc` counts what it calls alternatives (equations, guards, arms of a case or an if) and expressions.
    """

    units: ClassVar[Mapping[str, tuple[str, ...]]] = {REFERENCE: ("branches",), "haskell": ("alternatives", "expressions")}
    least_pct = 99.0
    by_fixtures = True

    def files(self) -> Sequence[Path]:
        """The modules that decide something."""
        return [ROOT / "reducer" / f"{name}.py" for name in MODULES]

    def unreachable(self, file: Path) -> frozenset[int]:
        """Lines of functions that no wire request reaches."""
        return unreachable_lines(file)

    def measure(self, plan: Any, folder: Path) -> list[Figure]:
        """Branches, and the server's alternatives and expressions where it can be built."""
        ticks, lacks = folder / "server.tix", ""
        wanted = "haskell" in self.ports_of(plan.candidates)
        plan = replace(plan, timeout_sec=max(plan.timeout_sec, ANSWER_SEC))
        if wanted:
            try:
                plan = replace(plan, candidates=(shlex.quote(str(server())),))
            except NotMeasuredError as error:
                lacks = str(error)
        environment = {"HPCTIXFILE": str(ticks)}
        found = self.measured(REFERENCE, lambda: branches_of(self, "batch", plan, folder, environment))
        if lacks:
            return found + self.unmeasured("haskell", lacks)
        return found + (self.measured("haskell", lambda: figures(ticks)) if wanted else [])

    def work(self, what: str, plan: Any, indexes: Iterable[int]) -> None:
        """Compare cases as a batch does, and let the servers end by themselves."""
        from harness.subjects.reducer.panel import ReducerPanel
        from harness.subjects.reducer.ports.process import ServerPort

        del what
        with plan.about().open(plan.ports()) as panel:
            assert isinstance(panel, ReducerPanel), "the plan is the reducer's"
            ports = [port for port in panel.ports.values() if isinstance(port, ServerPort)]
            servers = {port: port.server() for port in ports}
            for index in indexes:
                case = plan.case(index)
                expected = panel.expect(case)
                for port in panel.candidates:
                    panel.judge(port, case, expected, plan.about().defaults.night_depth(index))
            for server_port, running in servers.items():
                if server_port.server() is running:
                    end(server_port)
                else:
                    # The first one took what it had counted with it; the rest alone would pass for the whole.
                    server_port.server().kill()

    def tasks(self, sequences: int, seed: int) -> Iterator[tuple[str, Callable[[], object]]]:
        """Recording definitions, or replaying generated cases."""
        from generators.reducer.bulk import generate_case
        from golden.reducer.cases import definitions
        from golden.reducer.corpus import ask, record

        if not sequences:
            yield from ((definition.name, partial(record, definition)) for definition in definitions())
        for index in range(sequences):
            case = generate_case(seed, index)
            yield case.name, partial(ask, case.request())


def end(port: Any) -> None:
    """Let a server end by itself."""
    process = port.server().process
    process.stdin.close()
    process.wait(END_SEC)
    port.close()


def server() -> Path:
    """The executable that counts, built now. Raises `NotMeasuredError`."""
    for tool in TOOLS:
        if shutil.which(tool) is None:
            raise NotMeasuredError(f"{tool} is not on the PATH; {HOW_TO_GET}")
    run([PORT / "coverage"])
    return BUILD / "doge-core-exe"


def figures(ticks: Path) -> list[Figure]:
    """The figures of a server that ended normally. Raises `NotMeasuredError`."""
    if not ticks.exists():
        raise NotMeasuredError("the server that counts left no figures: it was killed or died")
    where: list[str | Path] = [ticks, f"--hpcdir={BUILD / 'mix'}", f"--srcdir={PORT}"]
    report = ElementTree.fromstring(run(["hpc", "report", *where, "--xml-output", "--per-module"]))
    modules = {_plain(module.attrib["name"]): module for module in report.iter("module")}
    drafted = tuple(unreached(run(["hpc", "draft", *where])))
    found = []
    for unit, tag in TAGS.items():
        boxes = {name: _counted(module, tag) for name, module in modules.items()}
        short = tuple(f"{name}: {total - used} of {total}" for name, (used, total) in boxes.items() if used < total)
        found.append(
            Figure(
                port="haskell",
                unit=unit,
                covered=sum(used for used, _ in boxes.values()),
                total=sum(total for _, total in boxes.values()),
                # The draft gives every expression by its place; of alternatives the tool tells how many there are.
                missing=drafted if unit == "expressions" else short,
            )
        )
    return found


def unreached(draft: str) -> Iterator[str]:
    """The outermost expressions that a draft of `hpc` names, each with its module and the declaration it is in."""
    module, inside = "", ""
    for line in map(str.strip, draft.splitlines()):
        if head := re.match(r'(module|inside) "(.*)" \{', line):
            module, inside = (_plain(head[2]), "") if head[1] == "module" else (module, f" ({head[2]})")
        elif line == "}":
            inside = ""
        elif line.startswith("tick "):
            yield f"{module}{inside}: {line.removeprefix('tick ').removesuffix(';')}"


def _counted(module: ElementTree.Element, tag: str) -> tuple[int, int]:
    boxes = module.find(tag)
    return (0, 0) if boxes is None else (int(boxes.attrib["count"]), int(boxes.attrib["boxes"]))


def _plain(name: str) -> str:
    """A module without the package it is in."""
    return re.split("[/:]", name)[-1]
