"""The workflows are what actionlint and zizmor call sound, and their steps are those that this repository can run itself."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import ROOT
from tests.workflows.steps import CONDITIONS, WORKFLOWS, workflow

ACTIONLINT = ROOT / ".cache" / "bin" / "actionlint"
NAMES = sorted(path.name for path in WORKFLOWS.glob("*.yml"))


def jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name in NAMES:
        for job, about in workflow(name)["jobs"].items():
            yield name, job, about


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, job, about in jobs():
        for number, step in enumerate(about["steps"]):
            yield f"{name}: {job}: step {number}", step


def actionlint(*files: Path) -> subprocess.CompletedProcess[str]:
    found = shutil.which("actionlint") or (str(ACTIONLINT) if ACTIONLINT.exists() else None)
    if found is None:
        pytest.skip("MISSING: actionlint; `./build.sh test` builds it where Go can be had")
    return subprocess.run([found, "-no-color", *files], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def zizmor(folder: Path) -> subprocess.CompletedProcess[str]:
    tool = Path(sys.executable).with_name("zizmor")
    return subprocess.run(
        [tool, "--offline", "--no-progress", folder], capture_output=True, text=True, check=False, timeout=120
    )


def spoiled(folder: Path, old: str, new: str) -> Path:
    """A copy of the workflow for merges with one thing spoiled."""
    text = (WORKFLOWS / "ci.yml").read_text(encoding="utf-8")
    assert old in text
    target = folder / ".github" / "workflows" / "ci.yml"
    target.parent.mkdir(parents=True)
    target.write_text(text.replace(old, new), encoding="utf-8")
    return target


def test_actionlint_has_nothing_to_say(tmp_path: Path) -> None:
    done = actionlint(*sorted(WORKFLOWS.glob("*.yml")))
    assert (done.returncode, done.stdout) == (0, "")
    done = actionlint(spoiled(tmp_path, "!cancelled()", "!canceled()"))
    assert done.returncode == 1
    assert "canceled" in done.stdout


def test_zizmor_has_nothing_to_say(tmp_path: Path) -> None:
    done = zizmor(WORKFLOWS)
    assert done.returncode == 0, done.stdout
    bad = spoiled(tmp_path, "@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2", "@v4")
    done = zizmor(bad)
    assert done.returncode != 0
    assert "unpinned-uses" in done.stdout


def test_actions_are_pinned_by_hash_with_their_version_beside() -> None:
    uses = [line.strip() for name in NAMES for line in (WORKFLOWS / name).read_text().splitlines() if "uses:" in line]
    assert uses
    for line in uses:
        assert re.fullmatch(r"(- )?uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_workflows_may_do_nothing_unless_a_job_says_so_and_every_job_ends() -> None:
    for name in NAMES:
        about = workflow(name)
        assert about["permissions"] == {}, name
        assert "group" in about["concurrency"], name
    for name, job, about in jobs():
        assert about["timeout-minutes"] <= (120 if name == "ci.yml" else 240), f"{name}: {job}"
        assert set(about["permissions"].values()) <= {"read"} or name != "ci.yml", f"{name}: {job}"


def test_conditions_are_those_that_are_known_here() -> None:
    for where, step in steps():
        text = str(step.get("if", "success()")).strip().removeprefix("${{").removesuffix("}}").strip()
        assert text in CONDITIONS, where


def test_environments_and_scripts_that_steps_call_are_there() -> None:
    tox = configparser.ConfigParser()
    tox.read(ROOT / "tox.ini")
    called = 0
    for where, step in steps():
        script = step.get("run", "")
        for name in re.findall(r"tox (?:-q )?-e ([\w-]+)", script):
            assert f"testenv:{name}" in tox, where
            called += 1
        for path in re.findall(r"(?:^|\s)(\.ci/\w+|\./build\.sh|doge-\w+/\w+)", script):
            assert (ROOT / path).stat().st_mode & 0o111, f"{where}: {path}"
            called += 1
    assert called >= 5


def test_a_script_has_no_expression_which_somebody_could_write() -> None:
    assert not [where for where, step in steps() if "${{" in step.get("run", "")]


def test_the_required_check_is_the_main_job() -> None:
    [script] = [step["run"] for step in workflow("ci.yml")["jobs"]["parity"]["steps"] if "build.sh" in step.get("run", "")]
    assert ".ci/bare ./build.sh parity" in script
