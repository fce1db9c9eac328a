"""Runs a job of a workflow here: the scripts of its `run` steps, in order, in a folder.

    python -m tests.workflows.steps .github/workflows/ci.yml parity --folder CLONE

A step with `uses` is an action of GitHub's, which is named and not run. Of conditions, those are known that the workflows have.
A value that GitHub puts in is given by `--put matrix.toolchain=stable`; one that is not given is refused.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from harness import ROOT

WORKFLOWS = ROOT / ".github" / "workflows"
# As GitHub starts a script whose shell is `bash`.
BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
# Whether a step runs after all before it succeeded, and after one failed.
CONDITIONS = {"success()": (True, False), "failure()": (False, True), "!cancelled()": (True, True), "always()": (True, True)}


# Expressions stand in variables alone: what a script has of them, another could write.
EXPRESSION = re.compile(r"\$\{\{ *([\w.]+) *\}\}")


@dataclass
class Played:
    """What became of a job: the code of its first step that failed, or 0; the names of steps that ran; the summary."""

    code: int = 0
    ran: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    summary: str = ""


def workflow(name: str) -> dict[str, Any]:
    """A workflow by the name of its file."""
    found: dict[str, Any] = yaml.safe_load((WORKFLOWS / name).read_text(encoding="utf-8"))
    return found


def play(
    job: Mapping[str, Any], folder: Path, scratch: Path, *, quiet: bool = False, values: Mapping[str, str] | None = None
) -> Played:
    """Run the steps of a job in a folder. GitHub's files lie in `scratch`. `sudo` is a stand-in where root runs it anyway."""
    summary = scratch / "summary.md"
    summary.touch()
    environment = dict(os.environ) | {"CI": "true", "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_WORKSPACE": str(folder)}
    known = values or {}
    environment |= _filled(job.get("env", {}), known)
    if os.geteuid() == 0:
        environment["PATH"] = f"{_sudo(scratch)}{os.pathsep}{environment['PATH']}"
    played = Played()
    for step in job["steps"]:
        name = step.get("name") or step.get("uses")
        if not _is_due(step.get("if", "success()"), failed=played.code != 0):
            continue
        if "uses" in step:
            played.actions.append(step["uses"])
            continue
        done = subprocess.run(
            [*BASH, step["run"]],
            cwd=folder / step.get("working-directory", "."),
            env=environment | _filled(step.get("env", {}), known),
            stdout=subprocess.DEVNULL if quiet else None,
            stderr=subprocess.DEVNULL if quiet else None,
            check=False,
        )
        played.ran.append(name)
        played.code = played.code or done.returncode
    played.summary = summary.read_text(encoding="utf-8")
    return played


def _filled(variables: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, str]:
    return {name: EXPRESSION.sub(lambda found: values[found[1]], str(value)) for name, value in variables.items()}


def _is_due(condition: str, *, failed: bool) -> bool:
    text = condition.strip().removeprefix("${{").removesuffix("}}").strip()
    return CONDITIONS[text][failed]


def _sudo(scratch: Path) -> Path:
    tools = scratch / "tools"
    tools.mkdir(exist_ok=True)
    (tools / "sudo").write_text('#!/bin/sh\nexec "$@"\n')
    (tools / "sudo").chmod(0o755)
    return tools


def main() -> int:
    """Run a job as it is called on the command line; its exit code."""
    parser = argparse.ArgumentParser(description="run the steps of a workflow's job here")
    parser.add_argument("workflow", type=Path)
    parser.add_argument("job")
    parser.add_argument("--folder", type=Path, required=True, help="a clean clone; the steps may change it")
    parser.add_argument("--scratch", type=Path, required=True, help="a folder for GitHub's files, like the summary")
    parser.add_argument("--put", action="append", default=[], metavar="NAME=VALUE", help="a value that GitHub puts in")
    chosen = parser.parse_args()
    chosen.scratch.mkdir(parents=True, exist_ok=True)
    about = workflow(chosen.workflow.name)["jobs"][chosen.job]
    values = dict(each.partition("=")[::2] for each in chosen.put)
    played = play(about, chosen.folder.resolve(), chosen.scratch.resolve(), values=values)
    print(f"ran: {', '.join(played.ran)}; not run here: {', '.join(played.actions)}; exit code {played.code}")
    print(played.summary)
    return played.code


if __name__ == "__main__":
    sys.exit(main())
