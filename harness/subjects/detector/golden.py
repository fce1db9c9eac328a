"""The detector's fixtures: recorded on one thread, compared within the contract's tolerances."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from generators.detector.case import DetectorCase
from generators.plain import Json
from golden.detector import corpus
from golden.detector.cases import definitions
from golden.detector.corpus import DetectorDefinition, DetectorFixture, library_versions, read_fixtures, to_bytes
from golden.manifest import files_hash, sha256_of
from harness.comparators.divergence import Divergence
from harness.panel import REFERENCE, Judgement, Panel
from harness.subject import Golden
from harness.subjects.detector.asking.calls import answer
from harness.subjects.detector.panel import DetectorPanel
from harness.subjects.detector.ports.modules import DetectorPort, python
from harness.subjects.detector.ports.threads import one_thread

REFERENCE_FILES = ("hmm_regime_detector.py", "detector/*.py")


def loaded_reference() -> DetectorPort:
    """Return the reference with its names imported."""
    port = python()
    port.availability()
    return port


class DetectorGolden(Golden[DetectorCase]):
    """Fixtures of the detector: cases with the reference's outcomes."""

    def __init__(self, folder: Path = corpus.FOLDER) -> None:
        self.folder = folder

    def recorded_under(self) -> Json:
        """Return hashes of contract and reference, versions of libraries, and the number of threads."""
        contract = self.folder / "contract.json"
        return {
            "contract_sha256": sha256_of(contract.read_bytes() if contract.is_file() else b""),
            "reference_hash": files_hash(REFERENCE_FILES),
            "libraries": library_versions(),
            "threads": 1,
        }

    def remedy(self, key: str) -> str:
        """Return the advice for a differing entry: install other libraries, or record again."""
        if key.startswith("libraries."):
            return "install what requirements.lock names"
        return "run `parity golden record --subject detector` if that is meant"

    def definitions(self) -> Sequence[DetectorDefinition]:
        """Return every definition of `golden.detector.cases`."""
        return list(definitions())

    def record(self, definition: DetectorDefinition) -> bytes:
        """Record the reference's outcome, on one thread."""
        with one_thread():
            return to_bytes(DetectorFixture(definition=definition, outcome=answer(loaded_reference(), definition.case)))

    def redefined(self, definition: DetectorDefinition, recorded: bytes) -> tuple[str, Divergence | None] | None:
        """Compare only the cases, since a recomputed outcome may differ within its tolerance."""
        try:
            case = json.loads(recorded)["case"]
        except (ValueError, KeyError, TypeError):
            case = None
        if case == json.loads(json.dumps(definition.case.to_json())):
            return None
        again = "run `parity golden record --subject detector` if that is meant"
        return f"is not the case that golden/detector/cases.py defines; {again}", None

    def define(self, case: DetectorCase, name: str, about: str) -> DetectorDefinition:
        """Return a definition of a case."""
        promoted = replace(case, name=name, metadata={**case.metadata, "source": "golden"})
        return DetectorDefinition(about=about, case=promoted)

    def read(self, directory: Path) -> Sequence[DetectorFixture]:
        """Read the fixtures of a folder. Raises `FixtureError`."""
        return read_fixtures(directory)

    def first_divergence(self, panel: Panel[DetectorCase], port: str, fixture: DetectorFixture) -> Divergence | None:
        """Compare a port's outcome with the fixture's. A name that the port lacks is reported as missing, not here."""
        assert isinstance(panel, DetectorPanel), "the detector's fixtures are checked on the detector's ports"
        asked = panel.port if port == REFERENCE else panel.others[port]
        judgement: Judgement = panel.judge_port(asked, fixture.definition.case, fixture.outcome)
        return judgement.divergences[0] if judgement.divergences and judgement.not_compared is None else None
