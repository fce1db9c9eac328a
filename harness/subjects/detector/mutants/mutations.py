"""Mutations of the detector: a changed module of the reference as a port, and bugs built into the Rust port."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import MISSING, fields
from functools import cache
from pathlib import Path
from typing import Any

from detector.features import FeatureExtractor
from detector.types import IndicatorSnapshot, RegimeState
from generators.detector.case import DetectorCase
from generators.plain import Json
from harness.mutants.catalogue import Source
from harness.mutants.inject import Changed, reimporting
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
from harness.subjects.detector.ports.setups import other_setups
from harness.subjects.detector.ports.threads import one_thread

# Functions and values whose changes no comparison of ports can show, with the reasons.
UNREACHABLE = {
    "training._count_cores": "separates warnings about the machine from those about a training; no call reaches it",
    "training.log": "the names of loggers are not compared: where hmmlearn logs, a port has its own logger",
    "regime_detector.log": "the names of loggers are not compared: where hmmlearn logs, a port has its own logger",
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
    # The finished build is copied, too, so that cargo compiles only the crate and not its dependencies.
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
    # As many as a night has. A case costs a hundred times what one of the reducer does, so that fewer kills have to do.
    sequences, kills_wanted = 2000, 3
    # A training up to its last round takes several times longer, and judging may run the reference a dozen times.
    hang_sec, hang_times = 10.0, 25.0
    traced = True
    # A case may take a second or two.
    shrinks = False

    def inject(self, module: str, tree: ast.Module) -> DetectorPanel:
        """Open the reference and a copy with `detector.<module>` replaced; both share the real hmmlearn."""
        with reimporting(Changed(f"detector.{module}", tree), ("hmm_regime_detector", "detector")):
            face = importlib.import_module("hmm_regime_detector")
        names = names_of(face, importlib.import_module("hmmlearn.hmm"))
        port = DetectorPort("mutant", lambda: names, HOW_TO_GET_REFERENCE, "hmmlearn")
        port.availability()
        return DetectorPanel(loaded_reference(), [InProcess(port)])

    @contextmanager
    def limits(self) -> Iterator[None]:
        """Limit OpenMP to one thread, because its threads do not survive a fork and a child would wait for them for ever.

        The servers of other set-ups are started here, once for all mutants: each would take a mutant's fork some seconds.
        """
        with one_thread():
            for server in other_setups():
                assert server.address
            yield

    @contextmanager
    def open_built(self, toolchain: Toolchain, built: Path, baseline: Path) -> Iterator[DetectorPanel]:
        """Open two extensions, each in a process of its own."""
        del toolchain
        ports = [extension("bug", built), extension("baseline", baseline)]
        with one_thread(), isolated(ports[0]) as bug, isolated(ports[1]) as itself:
            yield DetectorPanel(_reference(), [bug, itself])


@cache
def _reference() -> DetectorPort:
    """Return the same reference for all bugs, so that its outcomes on perturbed data stay cached."""
    return loaded_reference()


class InProcess(IsolatedPort):
    """A port of this process; an unexpected exception is reported as from an isolated port."""

    def answer(self, case: DetectorCase) -> Answer:
        """Run a case in this process. Raises `BrokenPortError`."""
        try:
            return answered(self.port, case)
        except Exception as error:
            raise BrokenPortError(said(error), f"raised {type(error).__name__}") from error


def extension(name: str, built: Path) -> DetectorPort:
    """Return the Rust port with an extension in a copy of its package. It must be isolated."""

    def load() -> Json:
        for each in [each for each in sys.modules if each.partition(".")[0] == "doge_hmm"]:
            del sys.modules[each]
        sys.path.insert(0, str(built.parents[1]))
        importlib.invalidate_caches()
        found: dict[str, Any] = names_of(importlib.import_module("doge_hmm"))
        return found

    return DetectorPort(name, load, HOW_TO_GET_RUST, "doge_hmm")
