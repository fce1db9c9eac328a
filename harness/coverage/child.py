"""A process that is measured: it runs a part of a plan's first cases and ends normally, which is when counting builds write.

Imports the reference, and whatever does, only once coverage has started.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness import ROOT
from harness.coverage.recorder import missing_branches, recorder_of


def _measured(files: Mapping[str, Sequence[int]], work: Callable[[], None]) -> dict[str, Any]:
    """The branches of files, but for unreachable lines, and those that the work did not take."""
    recorder = recorder_of(files)
    recorder.start()
    work()
    recorder.stop()
    branches, missing = 0, []
    for file, unreachable in files.items():
        name = Path(file).relative_to(ROOT).as_posix() if Path(file).is_relative_to(ROOT) else Path(file).name
        counted = {line: total for line, (total, _) in recorder.branch_stats(file).items() if line not in unreachable}
        branches += sum(counted.values())
        missing += [f"{name}:{each}" for each in missing_branches(recorder, file) if int(each.partition("->")[0]) in counted]
    return {"branches": branches, "missing": missing}


def main(what: str, asked: Path, told: Path) -> None:
    """Run a part of the cases of the plan in a file; tell in another what was reached."""
    data = json.loads(asked.read_text(encoding="utf-8"))

    def work() -> None:
        from harness.engine.plan import plan_from

        plan = plan_from(data["plan"])
        coverage = plan.about().coverage
        assert coverage is not None, "whoever starts this measures a subject that can be measured"
        coverage.work(what, plan, range(data["first"], data["beyond"]))

    if data["files"]:
        found = _measured(data["files"], work)
    else:
        work()
        found = {}
    told.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
