"""Coverage of the reducer: branches of the reference, and the `hpc` counts of a server built by `doge-core/coverage`."""

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
from harness.coverage.tools import branches_of, parts_of, run
from harness.panel import REFERENCE
from harness.subjects.reducer.mutants.unreachable import unreachable_lines

HOW_TO_GET = "run ./build.sh as root, or install the packages ghc and cabal-install"
PORT = ROOT / "doge-core"
BUILD = PORT / "dist-newstyle" / "coverage"
TOOLS = ("ghc", "cabal", "hpc")
# Units, and their tags in `hpc report --xml-output`.
TAGS = {"alternatives": "alts", "expressions": "exprs"}
# The modules of the reference that hold decisions.
MODULES = (
    "pricing", "orders", "booking", "orphaning", "transition", "invariants", "bootstrap", "snapshot", "domain",
)  # fmt: skip
# An instrumented server is several times slower, and one that is killed leaves no figures.
ANSWER_SEC = 60.0
# Time for a server to write its figures on a busy machine.
END_SEC = 60.0


class ReducerCoverage(Coverage):
    """Measures reference and server together, because only a comparison uses single transitions and sessions.

    For Haskell, `hpc` counts alternatives (equations, guards, branches of a case or an if) and expressions.
    """

    units: ClassVar[Mapping[str, tuple[str, ...]]] = {REFERENCE: ("branches",), "haskell": ("alternatives", "expressions")}
    least_pct = 99.0
    by_fixtures = True

    def files(self) -> Sequence[Path]:
        """Return the modules that hold decisions."""
        return [ROOT / "reducer" / f"{name}.py" for name in MODULES]

    def unreachable(self, file: Path) -> frozenset[int]:
        """Return the lines of functions that no wire request reaches."""
        return unreachable_lines(file)

    def measure(self, plan: Any, folder: Path) -> list[Figure]:
        """Measure branches of the reference, and the server's alternatives and expressions if it can be built."""
        lacks = ""
        wanted = "haskell" in self.ports_of(plan.candidates)
        plan = replace(plan, timeout_sec=max(plan.timeout_sec, ANSWER_SEC))
        if wanted:
            try:
                plan = replace(plan, candidates=(shlex.quote(str(server())),))
            except NotMeasuredError as error:
                lacks = str(error)
        environment = {"HPCTIXFILE": str(folder / "server-{part}.tix")}
        found = self.measured(REFERENCE, lambda: branches_of(self, "batch", plan, folder, environment))
        if lacks:
            return found + self.unmeasured("haskell", lacks)
        return found + (self.measured("haskell", lambda: figures(folder, parts_of(plan))) if wanted else [])

    def work(self, what: str, plan: Any, indexes: Iterable[int]) -> None:
        """Compare cases as a batch does, and let the servers end normally, which writes their figures."""
        from harness.subjects.reducer.panel import ReducerPanel
        from harness.subjects.reducer.ports.process import ServerPort

        del what
        with plan.about().open(plan.ports()) as panel:
            assert isinstance(panel, ReducerPanel), "the plan is the reducer's"
            ports = [port for port in panel.ports.values() if isinstance(port, ServerPort)]
            servers = {port: port.server() for port in ports}
            for index in indexes:
                case, seen = plan.case_seen(index)
                expected = panel.expect_seen(case, seen)
                for port in panel.candidates:
                    panel.judge(port, case, expected, plan.about().defaults.night_depth(index))
            for server_port, running in servers.items():
                if server_port.server() is running:
                    end(server_port)
                else:
                    # The server was restarted and the first one's figures are lost; the rest would be misleading.
                    server_port.server().kill()

    def tasks(self, sequences: int, seed: int) -> Iterator[tuple[str, Callable[[], object]]]:
        """Yield tasks that record all definitions, or with `sequences`, replay so many generated cases."""
        from generators.reducer.bulk import generate_case
        from golden.reducer.cases import definitions
        from golden.reducer.corpus import ask, record

        if not sequences:
            yield from ((definition.name, partial(record, definition)) for definition in definitions())
        for index in range(sequences):
            case = generate_case(seed, index)
            yield case.name, partial(ask, case.request())


def end(port: Any) -> None:
    """Close a server's input, which lets it end normally."""
    process = port.server().process
    process.stdin.close()
    process.wait(END_SEC)
    port.close()


def server() -> Path:
    """Build the instrumented server; return its path. Raises `NotMeasuredError`."""
    for tool in TOOLS:
        if shutil.which(tool) is None:
            raise NotMeasuredError(f"{tool} is not on the PATH; {HOW_TO_GET}")
    run([PORT / "coverage"])
    return BUILD / "doge-core-exe"


def figures(folder: Path, parts: int) -> list[Figure]:
    """Read the figures of the servers of all parts together, which ended normally. Raises `NotMeasuredError`."""
    left, ticks = sorted(folder.glob("server-*.tix")), folder / "all.tix"
    if len(left) < parts:
        raise NotMeasuredError("an instrumented server left no figures: it was killed or died")
    run(["hpc", "sum", *left, f"--output={ticks}"])
    where: list[str | Path] = [ticks, f"--hpcdir={BUILD / 'mix'}", f"--srcdir={PORT}"]
    report = ElementTree.fromstring(run(["hpc", "report", *where, "--xml-output", "--per-module"]))
    modules = {_plain(module.attrib["name"]): module for module in report.iter("module")}
    drafted = tuple(sorted(unreached(run(["hpc", "draft", *where]))))
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
                # `hpc draft` names every expression; for alternatives, there are only counts.
                missing=drafted if unit == "expressions" else short,
            )
        )
    return found


def unreached(draft: str) -> Iterator[str]:
    """Yield the outermost expressions in a draft of `hpc`, each with its module and declaration."""
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
    """Return a module's name without its package."""
    return re.split("[/:]", name)[-1]
