"""The detector's corpus guards itself: files, definitions, contract, reference and libraries."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from golden.detector.cases import definitions
from golden.detector.corpus import CONTRACT_FILE, FIXTURES_DIR, FOLDER, read_fixture, read_fixtures
from golden.manifest import FixtureError, ManifestError, read_manifest
from harness.engine.golden import check_definitions, check_files, check_port
from harness.panel import REFERENCE, ContractFileError
from harness.subjects.detector.contract import load_detector_contract
from harness.subjects.detector.golden import DetectorGolden, loaded_reference
from harness.subjects.detector.panel import DetectorPanel
from harness.subjects.detector.ports.surface import differing
from harness.subjects.detector.ports.threads import one_thread


@pytest.fixture
def corpus(tmp_path: Path) -> tuple[Path, Path]:
    """A copy of the committed corpus: its folder and its manifest."""
    folder = shutil.copytree(FOLDER, tmp_path / "detector", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return folder / "fixtures", folder / "manifest.json"


def of(manifest: Path) -> DetectorGolden:
    """The corpus that a manifest is of."""
    return DetectorGolden(manifest.parent)


def test_the_committed_corpus_is_whole() -> None:
    assert list(check_files(DetectorGolden())) == []
    assert list(check_definitions(DetectorGolden())) == []
    names = {definition.name for definition in definitions()}
    assert {fixture.name for fixture in read_fixtures()} == names
    assert {f"draws_{seed}_{states}" for seed in ("0", "1", "42", "largest") for states in range(1, 7)} <= names


def test_the_reference_answers_as_recorded() -> None:
    contract = load_detector_contract()
    with one_thread():
        assert list(check_port(DetectorGolden(), DetectorPanel(loaded_reference(), []), REFERENCE, read_fixtures())) == []
    assert differing(loaded_reference(), contract.surface) == []


def test_the_draws_are_those_that_numpy_documents() -> None:
    outcome = read_fixture(FIXTURES_DIR / "draws_42_3.json").outcome
    draws = outcome["same_seed"]["start"]["value"]["draws"]
    assert draws["startprob"].tolist() == [0.11408450124611955, 0.8776691616672855, 0.008246337086594877]
    assert draws["transmat"][1].tolist() == [0.9546387445675352, 0.007979288386542256, 0.03738196704592257]


def test_a_tampered_fixture_is_named_with_its_path(corpus: tuple[Path, Path]) -> None:
    directory, manifest = corpus
    path = directory / "fit_capped.json"
    path.write_text(path.read_text().replace('"iterations": 5', '"iterations": 6', 1), encoding="utf-8")
    (problem,) = check_files(of(manifest))
    assert problem.fixture == "fit_capped.json"
    assert "is not what the manifest says" in problem.sentence
    with one_thread():
        (found,) = check_port(of(manifest), DetectorPanel(loaded_reference(), []), REFERENCE, [read_fixture(path)])
    assert found.where == "$.same_seed.trained.value.iterations"


def test_missing_and_extra_fixtures_are_named(corpus: tuple[Path, Path]) -> None:
    directory, manifest = corpus
    (directory / "em_log.json").rename(directory / "smuggled.json")
    problems = {problem.fixture: problem.sentence for problem in check_files(of(manifest))}
    assert problems.keys() == {"em_log.json", "smuggled.json"}
    with pytest.raises(FixtureError, match="calls itself 'em_log'"):
        read_fixtures(directory)


@pytest.mark.parametrize("key", ["contract_sha256", "reference_hash"])
def test_another_contract_or_reference_is_a_problem(corpus: tuple[Path, Path], key: str) -> None:
    _, manifest = corpus
    manifest.write_text(json.dumps({**read_manifest(manifest), key: "0" * 64}), encoding="utf-8")
    (problem,) = check_files(of(manifest))
    assert problem.where == f"manifest.json $.{key}"


def test_another_library_is_a_problem_that_names_both_versions(corpus: tuple[Path, Path]) -> None:
    _, manifest = corpus
    recorded: dict[str, Any] = read_manifest(manifest)
    recorded["libraries"]["scikit-learn"] = "1.3.2"
    manifest.write_text(json.dumps(recorded), encoding="utf-8")
    (problem,) = check_files(of(manifest))
    assert problem.where.endswith("$.libraries.scikit-learn")
    assert "recorded under 1.3.2, but now it is" in problem.sentence


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"about": "", "case": {"name": "x"}}'])
def test_a_broken_fixture_is_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text, encoding="utf-8")
    with pytest.raises(FixtureError, match="is not a fixture"):
        read_fixture(tmp_path / "x.json")


@pytest.mark.parametrize("text", ["", "[]", "{}"])
def test_a_broken_manifest_or_contract_is_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "detector" / "file.json"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ManifestError, match="parity golden record --subject detector"):
        read_manifest(path)
    with pytest.raises(ContractFileError, match="restore it from git"):
        load_detector_contract(path)


def test_a_tolerance_without_a_reason_breaks_the_contract(tmp_path: Path) -> None:
    view = json.loads(CONTRACT_FILE.read_text(encoding="utf-8"))
    del view["tolerances"][0]["reason"]
    (tmp_path / "detector.json").write_text(json.dumps(view), encoding="utf-8")
    with pytest.raises(ContractFileError, match="needs a path and a reason"):
        load_detector_contract(tmp_path / "detector.json")
