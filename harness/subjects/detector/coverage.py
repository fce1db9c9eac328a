"""Coverage of the detector: branches of the reference, and regions of the extension built by `doge-hmm/coverage`."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from harness import ROOT
from harness.coverage.figures import Coverage, Figure, NotMeasuredError
from harness.coverage.tools import branches_of, run, run_cases
from harness.panel import REFERENCE

PORT = ROOT / "doge-hmm"
TOOLS = ("llvm-profdata", "llvm-cov")


class DetectorCoverage(Coverage):
    """Measures each port in a process of its own. For Rust, llvm-cov counts regions, since rustc has no branch coverage yet."""

    units: ClassVar[Mapping[str, tuple[str, ...]]] = {REFERENCE: ("branches",), "rust": ("regions",)}

    def files(self) -> Sequence[Path]:
        """Return all modules of the reference."""
        return [ROOT / "hmm_regime_detector.py", *sorted((ROOT / "detector").glob("*.py"))]

    def measure(self, plan: Any, folder: Path) -> list[Figure]:
        """Measure branches of the reference, and regions of the extension if it is among the ports."""
        found = self.measured(REFERENCE, lambda: branches_of(self, REFERENCE, plan, folder, {}))
        wanted = "rust" in self.ports_of(plan.candidates)
        return found + (self.measured("rust", lambda: figures(plan, folder)) if wanted else [])

    def work(self, what: str, plan: Any, indexes: Iterable[int]) -> None:
        """Run cases on the port of that name, in this process."""
        from harness.subjects.detector.asking.calls import answer
        from harness.subjects.detector.ports.modules import open_detector_ports
        from harness.subjects.detector.ports.threads import one_thread

        port = next(port for port in open_detector_ports((what,)) if port.name == what)
        found = port.availability()
        if not found.available:
            sys.exit(found.sentence)
        with one_thread():
            for index in indexes:
                answer(port, plan.case(index))


def figures(plan: Any, folder: Path) -> list[Figure]:
    """Measure the extension over the cases of the plan. Raises `NotMeasuredError`."""
    profdata, cov = tools()
    package = built()
    search = os.pathsep.join([str(package.parent), str(ROOT)])
    run_cases("rust", plan, folder, {"PYTHONPATH": search, "LLVM_PROFILE_FILE": str(folder / "%p.profraw")})
    raw = sorted(folder.glob("*.profraw"))
    if not raw:
        raise NotMeasuredError("the instrumented extension left no figures: its process was killed or died")
    merged = folder / "merged.profdata"
    run([profdata, "merge", "-sparse", *raw, "-o", merged])
    library = package / "_native.abi3.so"
    told = json.loads(run([cov, "export", "--skip-functions", f"--instr-profile={merged}", library, PORT / "src"]))
    return [_figure(told["data"][0]["files"])]


def tools() -> list[str]:
    """Return the paths of rustc's own `llvm-profdata` and `llvm-cov`, or of the same version on the PATH.

    Raises `NotMeasuredError`.
    """
    for tool in ("cargo", "rustc"):
        if shutil.which(tool) is None:
            raise NotMeasuredError(f"{tool} is not on the PATH; run ./build.sh as root, or install Rust as rustup does")
    said = run(["rustc", "-vV"])
    host, major = re.search(r"^host: (\S+)", said, re.MULTILINE), re.search(r"^LLVM version: (\d+)", said, re.MULTILINE)
    if host is None or major is None:
        raise NotMeasuredError("rustc -vV does not print its host and its LLVM version")
    own = Path(run(["rustc", "--print", "sysroot"]).strip()) / "lib" / "rustlib" / host[1] / "bin"
    found = [shutil.which(str(own / tool)) or shutil.which(f"{tool}-{major[1]}") for tool in TOOLS]
    for tool, path in zip(TOOLS, found, strict=True):
        if path is None:
            raise NotMeasuredError(
                f"there is no {tool}-{major[1]} on the PATH and none beside rustc; "
                f"install the package llvm-{major[1]}, or rustup's component llvm-tools"
            )
    return [path for path in found if path is not None]


def built() -> Path:
    """Build the instrumented extension; return the folder of its package `doge_hmm`. Raises `NotMeasuredError`."""
    return Path(run([PORT / "coverage"]).strip())


def _figure(files: list[dict[str, Any]]) -> Figure:
    regions = [file["summary"]["regions"] for file in files]
    return Figure(
        port="rust",
        unit="regions",
        covered=sum(each["covered"] for each in regions),
        total=sum(each["count"] for each in regions),
        missing=tuple(place for file in files for place in _unreached(file)),
    )


def _unreached(file: dict[str, Any]) -> Iterator[str]:
    """Yield the start of every region that was never entered, as `file:line:column`."""
    name = Path(file["filename"]).relative_to(PORT).as_posix()
    for line, column, count, has_count, is_entry, is_gap in file["segments"]:
        if has_count and is_entry and not is_gap and not count:
            yield f"{name}:{line}:{column}"
