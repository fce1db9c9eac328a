"""The Haskell port as `doge-core/coverage` builds it, and what its server counted."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from harness.coverage.figures import ROOT, Figure, NotMeasuredError
from harness.coverage.tools import run

HOW_TO_GET = "run ./build.sh as root, or install the packages ghc and cabal-install"
PORT = ROOT / "doge-core"
BUILD = PORT / "dist-newstyle" / "coverage"
TOOLS = ("ghc", "cabal", "hpc")
# How `hpc report --xml-output` calls what is counted.
TAGS = {"alternatives": "alts", "expressions": "exprs"}


def server() -> Path:
    """The executable that counts, built now. Raises `NotMeasuredError`."""
    for tool in TOOLS:
        if shutil.which(tool) is None:
            raise NotMeasuredError(f"{tool} is not on the PATH; {HOW_TO_GET}")
    run([PORT / "coverage"])
    return BUILD / "doge-core-exe"


def figures(ticks: Path) -> list[Figure]:
    """What a server that ended normally counted. Raises `NotMeasuredError`."""
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
