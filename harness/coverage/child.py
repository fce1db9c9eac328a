"""The process that is measured: it runs a plan's first cases and ends normally, which is when counting builds write.

Imports the reference, and whatever does, only once coverage has started.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.coverage.branches import MODULES, ROOT, missing_branches, recorder_of
from harness.subjects.reducer.mutants.unreachable import lines_beyond

if TYPE_CHECKING:
    from harness.engine.plan import FuzzPlan
    from harness.subjects.reducer.ports.process import ServerPort

REFERENCES = {
    "reducer": tuple(ROOT / "reducer" / f"{name}.py" for name in MODULES),
    "detector": (ROOT / "hmm_regime_detector.py", *sorted((ROOT / "detector").glob("*.py"))),
}
# For a server to write its figures, however busy the machine is.
END_SEC = 60.0


def reducer(plan: FuzzPlan, indexes: Iterable[int]) -> None:
    """Cases as a batch compares them: the reference, and the plan's candidates along with it."""
    from harness.subjects.reducer.panel import ReducerBatch
    from harness.subjects.reducer.ports.process import ServerPort

    batch = ReducerBatch(plan, 0)
    servers = {port: port.server() for port in batch.candidates if isinstance(port, ServerPort)}
    for index in indexes:
        batch.run_case(index)
    for port, server in servers.items():
        if port.server() is server:
            end(port)
        else:
            # The first one took what it had counted with it; the rest alone would pass for the whole.
            port.server().kill()


def end(port: ServerPort) -> None:
    """Let a server end by itself."""
    process = port.server().process
    assert process.stdin is not None
    process.stdin.close()
    process.wait(END_SEC)
    port.close()


def detector(plan: FuzzPlan, indexes: Iterable[int]) -> None:
    """Cases through the reference."""
    _answer("python", plan, indexes)


def rust(plan: FuzzPlan, indexes: Iterable[int]) -> None:
    """Cases through the port in Rust."""
    _answer("rust", plan, indexes)


def _answer(name: str, plan: FuzzPlan, indexes: Iterable[int]) -> None:
    from generators.detector.bulk import generate_case
    from harness.subjects.detector.asking.calls import answer
    from harness.subjects.detector.ports.modules import open_detector_ports
    from harness.subjects.detector.ports.threads import one_thread

    port = next(port for port in open_detector_ports((name,)) if port.name == name)
    found = port.availability()
    if not found.available:
        sys.exit(f"{found.reason}; {found.remedy}")
    with one_thread():
        for index in indexes:
            answer(port, generate_case(plan.seed, index))


def _measured(files: Iterable[Path], work: Callable[[], None]) -> dict[str, Any]:
    named = {str(file): file.relative_to(ROOT).as_posix() for file in files}
    recorder = recorder_of(named)
    recorder.start()
    work()
    recorder.stop()
    branches, missing = 0, []
    for file, name in named.items():
        beyond = lines_beyond(Path(file))
        branches += sum(total for line, (total, _) in recorder.branch_stats(file).items() if line not in beyond)
        missing += [f"{name}:{each}" for each in missing_branches(recorder, file) if int(each.partition("->")[0]) not in beyond]
    return {"branches": branches, "missing": missing}


def main(what: str, asked: Path, told: Path) -> None:
    """Run the cases of the plan in a file; tell in another what was reached."""
    data = json.loads(asked.read_text(encoding="utf-8"))

    def work() -> None:
        from harness.coverage.figures import cases_of
        from harness.engine.plan import plan_from

        plan = plan_from(data)
        CASES[what](plan, range(cases_of(plan)))

    if what in REFERENCES:
        told.write_text(json.dumps(_measured(REFERENCES[what], work)), encoding="utf-8")
    else:
        work()
        told.write_text("{}", encoding="utf-8")


CASES = {"reducer": reducer, "detector": detector, "rust": rust}

if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
