"""Mutations of the detector: a changed module of the reference as a port, and bugs built into the Rust port."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import MISSING, fields
from functools import cache
from pathlib import Path
from typing import Any

from detector.features import FeatureExtractor
from detector.types import IndicatorSnapshot, RegimeState
from generators.detector.case import DetectorCase
from generators.plain import Json
from harness.mutants.catalogue import Source
from harness.mutants.inject import Changed, anew
from harness.mutants.mutations import Mutations
from harness.mutants.sandbox import Toolchain
from harness.mutants.vocabulary import Vocabulary
from harness.subjects.detector.asking.calls import Answer, answered
from harness.subjects.detector.golden import loaded_reference
from harness.subjects.detector.mutants.equivalents import EQUIVALENTS
from harness.subjects.detector.mutants.historical import HISTORICAL
from harness.subjects.detector.mutants.rust import RUST
from harness.subjects.detector.panel import DetectorPanel
from harness.subjects.detector.ports.isolation import BrokenPortError, IsolatedPort, isolated, said
from harness.subjects.detector.ports.modules import HOW_TO_GET_REFERENCE, HOW_TO_GET_RUST, DetectorPort, names_of
from harness.subjects.detector.ports.threads import one_thread

# Functions and values that no comparison of ports can tell from others, with the reason.
UNREACHABLE = {
    "training._count_cores": "keeps a warning about the machine from being taken for one about a training; no call reaches it",
    "training.log": "who says a thing is not compared: where hmmlearn logs, a port has a logger of its own",
    "regime_detector.log": "who says a thing is not compared: where hmmlearn logs, a port has a logger of its own",
}
RECORDS = (RegimeState, IndicatorSnapshot, FeatureExtractor)
WORDS = Vocabulary(
    texts=(("long_bias", "short_bias"),),
    names=(("BEARISH", "BULLISH"), ("wider", "tighter"), ("floor", "ceiling"), ("gains", "losses")),
    prefixes=(("fast_", "slow_"),),
    suffixes=(("_a", "_b"),),
    objects={"detector", "model", "path", "settings", "state", "value"},
    records={
        cls.__name__: {each.name for each in fields(cls) if each.default is not MISSING or each.default_factory is not MISSING}
        for cls in RECORDS
    },
)
DETECTOR = Source(
    package="detector",
    modules=(
        "types", "features", "standardise", "training", "inference", "regime_detector", "blending", "snapshot", "checks",
        "series", "config",
    ),
    unreachable=UNREACHABLE,
    words=WORDS,
    constants=True,
)  # fmt: skip
TOOLCHAIN = Toolchain(
    language="rust",
    folder="doge-hmm",
    bugs=RUST,
    tools=("cargo", "rustc"),
    # The finished build comes along, so that cargo compiles the crate alone and not what it depends on.
    left_out=("debug", "doc", "wheels", "incremental", "__pycache__"),
    arguments=("--offline",),
    product="python/doge_hmm/_native.abi3.so",
    settings={"CARGO_TARGET_DIR": "target"},
)


class DetectorMutations(Mutations):
    """Mutants of the Python reference, and bugs of the Rust port."""

    source = DETECTOR
    historical = HISTORICAL
    equivalents = EQUIVALENTS
    toolchains = (TOOLCHAIN,)
    sequences = 300
    # A training that goes on to its last round takes some times longer; and judging asks the reference up to a dozen times.
    hang_sec, hang_times = 10.0, 25.0
    traced = True
    # A case may take a second or two.
    shrinks = False

    def plant(self, module: str, tree: ast.Module) -> DetectorPanel:
        """The reference with `detector.<module>` replaced; hmmlearn is the true one, and shared."""
        with anew(Changed(f"detector.{module}", tree), ("hmm_regime_detector", "detector")):
            face = importlib.import_module("hmm_regime_detector")
        names = names_of(face, importlib.import_module("hmmlearn.hmm"))
        port = DetectorPort("mutant", lambda: names, HOW_TO_GET_REFERENCE, "hmmlearn")
        port.availability()
        return DetectorPanel(loaded_reference(), [InProcess(port)])

    def limits(self) -> AbstractContextManager[None]:
        """OpenMP's threads do not outlive a fork, and wait for ever: so there must be none."""
        return one_thread()

    @contextmanager
    def open_built(self, toolchain: Toolchain, built: Path, baseline: Path) -> Iterator[DetectorPanel]:
        """Two extensions, each in a process of its own."""
        del toolchain
        ports = [extension("bug", built), extension("baseline", baseline)]
        with one_thread(), isolated(ports[0]) as bug, isolated(ports[1]) as itself:
            yield DetectorPanel(_reference(), [bug, itself])


@cache
def _reference() -> DetectorPort:
    """The reference, the same for all bugs, so that what it does with perturbed data is kept."""
    return loaded_reference()


class InProcess(IsolatedPort):
    """A port of this process; an exception that no caller expects is what it is from another process."""

    def answer(self, case: DetectorCase) -> Answer:
        """The answer. Raises `BrokenPortError`."""
        try:
            return answered(self.port, case)
        except Exception as error:
            raise BrokenPortError(said(error)) from error


def extension(name: str, built: Path) -> DetectorPort:
    """The Rust port around an extension that lies in a copy of its package. To be asked in a process of its own."""

    def load() -> Json:
        for each in [each for each in sys.modules if each.partition(".")[0] == "doge_hmm"]:
            del sys.modules[each]
        sys.path.insert(0, str(built.parents[1]))
        importlib.invalidate_caches()
        found: dict[str, Any] = names_of(importlib.import_module("doge_hmm"))
        return found

    return DetectorPort(name, load, HOW_TO_GET_RUST, "doge_hmm")
