"""The branches of a reference's deciding modules that its worlds reach, measured in a process that has imported nothing yet."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness import ROOT
from harness.coverage.recorder import missing_branches, recorder_of
from harness.exhaustion import Exhaustion
from harness.panel import PortRequest


@dataclass(frozen=True, kw_only=True)
class Branches:
    """How many branches there are, and those that no world takes: `module.py from->to`, the line, and why that must be.

    A branch without a reason is one that a world should take.
    """

    total: int
    beyond: Mapping[str, tuple[str, str]]
    unexplained: Mapping[str, str]

    @property
    def text(self) -> str:
        """The branches for a reader."""
        lines = [f"{name} ({line}): {why}" for name, (line, why) in self.beyond.items()]
        lines += [f"{name} ({line}): NOT REACHED" for name, line in self.unexplained.items()]
        reached = self.total - len(self.beyond) - len(self.unexplained)
        lines.append(f"{reached} of {self.total} branches, {len(self.beyond)} out of reach, {len(self.unexplained)} missing")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """The branches as plain data."""
        beyond = {name: {"line": line, "why": why} for name, (line, why) in self.beyond.items()}
        return {"branches": self.total, "beyond": beyond, "unexplained": dict(self.unexplained)}


def measure(exhaustion: Exhaustion[Any, Any, Any], subject: str, names: Sequence[str], request: PortRequest) -> Branches:
    """Explore worlds once more, and tell the branches that they do not take."""
    files = [str(path) for path in exhaustion.deciding]
    asked = json.dumps({"subject": subject, "names": list(names), "request": asdict(request), "files": files})
    command = [sys.executable, "-m", "harness.exhaust.branches"]
    done = subprocess.run(command, cwd=ROOT, input=asked, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"measuring branches failed: {done.stderr.strip()}")
    told = json.loads(done.stdout)
    beyond, unexplained = {}, {}
    for name, line in told["missing"].items():
        why = exhaustion.beyond.get(line)
        if why is None:
            unexplained[name] = line
        else:
            beyond[name] = (line, why)
    return Branches(total=told["branches"], beyond=beyond, unexplained=unexplained)


def _measure_here(asked: Mapping[str, Any]) -> dict[str, Any]:
    recorder = recorder_of(asked["files"])
    recorder.start()
    # Only now: what is imported before is not seen.
    from harness.exhaust.explore import Options
    from harness.exhaust.run import explore_world

    given = asked["request"]
    request = PortRequest(**{**given, "names": tuple(given["names"]), "candidates": tuple(given["candidates"])})
    for name in asked["names"]:
        explore_world(asked["subject"], name, request, Options())
    recorder.stop()
    total, missing = 0, {}
    for file in map(Path, asked["files"]):
        lines = file.read_text(encoding="utf-8").splitlines()
        total += sum(count for count, _ in recorder.branch_stats(str(file)).values())
        for branch in missing_branches(recorder, str(file)):
            missing[f"{file.name} {branch}"] = lines[int(branch.partition("->")[0]) - 1].strip()
    return {"branches": total, "missing": missing}


if __name__ == "__main__":
    print(json.dumps(_measure_here(json.load(sys.stdin))))
