"""The lock files name one version of each distribution, and what runs has everything that its wheel asks for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

from harness import ROOT

LOCKS = sorted(ROOT.glob("requirements*.lock"))
ABOUT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pinned(lock: Path) -> dict[str, str]:
    found = re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==([^\s;]+)", lock.read_text(encoding="utf-8"), re.MULTILINE)
    return {name.lower().replace("_", "-"): version for name, version in found}


def asked(*texts: str) -> list[Requirement]:
    return [Requirement(text) for text in texts]


def test_a_distribution_has_the_same_version_in_every_lock() -> None:
    assert [lock.name for lock in LOCKS] == [
        "requirements.build.lock", "requirements.lock", "requirements.release.lock", "requirements.runtime.lock",
    ]  # fmt: skip
    everything = pinned(ROOT / "requirements.lock")
    for lock in LOCKS:
        found = pinned(lock)
        assert found, lock.name
        assert {name: version for name, version in found.items() if everything.get(name, version) != version} == {}, lock.name


def test_a_lock_has_what_is_asked_for_in_a_version_that_will_do() -> None:
    project, groups = ABOUT["project"], ABOUT["dependency-groups"]
    wanted = {
        "requirements.runtime.lock": asked(*project["dependencies"], *project["optional-dependencies"]["harness"]),
        "requirements.build.lock": asked(*groups["build"]),
        "requirements.release.lock": asked(*groups["build"], *(each for each in groups["release"] if isinstance(each, str))),
    }
    for name, requirements in wanted.items():
        found = pinned(ROOT / name)
        for each in requirements:
            assert each.specifier.contains(found[each.name.lower()]), f"{name}: {each}"
    dev_alone = {"pytest", "mypy", "ruff", "tox"}
    assert not dev_alone & pinned(ROOT / "requirements.runtime.lock").keys()
