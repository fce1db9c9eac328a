"""The corpus guards itself: whatever is missing, extra, changed or unreachable has a name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from golden.manifest import FixtureError, ManifestError, read_manifest
from golden.reducer.cases import definitions
from golden.reducer.cases.build import pair, replayed, tick, timer
from golden.reducer.corpus import CONTRACT_FILE, FOLDER, MANIFEST_FILE, read_fixture, read_fixtures, record, to_bytes
from harness.coverage.branches import measure
from harness.engine.golden import check_definitions, check_files, check_port, record_all
from harness.panel import REFERENCE
from harness.subjects.reducer.coverage import MODULES
from harness.subjects.reducer.golden import ReducerGolden
from harness.subjects.reducer.panel import ReducerPanel
from harness.subjects.reducer.ports.python import PythonPort

NAMED = (
    "entry_fill_then_timer",
    "exit_fill_books_cycle",
    "loss_cooldown_blocks_followup",
    "multi_event_roundtrip_sequence",
    "price_tick_refreshes_entry",
    "recovery_cancel_one_of_many",
    "recovery_cancel_removes_order",
    "recovery_cap_evicts_priority",
    "recovery_fill_books_cycle",
    "refresh_cap_cooldown_then_reset",
    "s1_timeout_orphan",
    "s2_timeout_orphans_worse_exit",
    "s2_timer_sets_flag",
)


PANEL = ReducerPanel([PythonPort()], {})


@pytest.fixture
def corpus(tmp_path: Path) -> tuple[Path, Path]:
    """A copy of the committed corpus: its fixtures and its manifest."""
    folder = copied(tmp_path)
    return folder / "fixtures", folder / "manifest.json"


def copied(folder: Path) -> Path:
    return shutil.copytree(FOLDER, folder / "reducer", ignore=shutil.ignore_patterns("*.py", "cases", "__pycache__"))


def of(manifest: Path) -> ReducerGolden:
    """The corpus that a manifest is of."""
    return ReducerGolden(manifest.parent)


def test_the_committed_corpus_is_whole() -> None:
    assert list(check_files(ReducerGolden())) == []
    assert list(check_definitions(ReducerGolden())) == []


def test_the_fixtures_that_were_asked_for_are_there() -> None:
    names = {fixture.name for fixture in read_fixtures()}
    assert set(NAMED) <= names
    assert names == {definition.name for definition in definitions()}
    assert len(names) == len(definitions()) >= 40


def test_recording_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    folders = copied(tmp_path / "first"), copied(tmp_path / "second")
    for folder in folders:
        record_all(ReducerGolden(folder))
    first, second = (folder / "manifest.json" for folder in folders)
    assert first.read_bytes() == second.read_bytes() == MANIFEST_FILE.read_bytes()


def test_a_tampered_fixture_is_named_with_its_path(corpus: tuple[Path, Path]) -> None:
    directory, manifest = corpus
    path = directory / "s1_timeout_orphan.json"
    path.write_bytes(path.read_bytes().replace(b'"s1_timeout"', b'"s2_timeout"', 1))
    (problem,) = check_files(of(manifest))
    assert (problem.fixture, problem.where) == ("s1_timeout_orphan.json", "fixtures/s1_timeout_orphan.json")
    assert "is not what the manifest says" in problem.sentence
    (problem,) = check_definitions(ReducerGolden(directory.parent))
    assert problem.fixture == "s1_timeout_orphan"
    assert problem.divergence is not None
    assert problem.divergence.path.startswith("$.outcome.steps[1].")
    assert [found.fixture for found in check_port(of(manifest), PANEL, REFERENCE, read_fixtures(directory))] == [
        "s1_timeout_orphan"
    ]


def test_missing_and_extra_fixtures_are_named(corpus: tuple[Path, Path]) -> None:
    directory, manifest = corpus
    (directory / "no_events.json").rename(directory / "smuggled.json")
    problems = {problem.fixture: problem.sentence for problem in check_files(of(manifest))}
    assert problems.keys() == {"no_events.json", "smuggled.json"}
    assert problems["no_events.json"].startswith("is missing")
    assert problems["smuggled.json"].startswith("is not in the manifest")
    with pytest.raises(FixtureError, match="calls itself 'no_events'"):
        read_fixtures(directory)


def test_reformatting_a_fixture_is_tampering(corpus: tuple[Path, Path]) -> None:
    directory, _ = corpus
    path = directory / "no_events.json"
    path.write_text(json.dumps(json.loads(path.read_text())), encoding="utf-8")
    (problem,) = check_definitions(ReducerGolden(directory.parent))
    assert problem.sentence == "records the same values in other bytes"


@pytest.mark.parametrize("key", ["contract_hash", "reference_hash"])
def test_another_contract_or_reference_is_a_problem(corpus: tuple[Path, Path], key: str) -> None:
    _, manifest = corpus
    manifest.write_text(json.dumps({**read_manifest(manifest), key: "0" * 16}), encoding="utf-8")
    (problem,) = check_files(of(manifest))
    assert (problem.fixture, problem.where) == ("manifest", f"manifest.json $.{key}")


def test_a_stray_file_is_named_whatever_it_is(corpus: tuple[Path, Path]) -> None:
    directory, manifest = corpus
    (directory / "notes.txt").write_text("x", encoding="utf-8")
    (problem,) = check_files(of(manifest))
    assert (problem.fixture, problem.sentence[:22]) == ("notes.txt", "is not in the manifest")


def test_a_missing_manifest_is_a_problem_like_others(corpus: tuple[Path, Path]) -> None:
    _, manifest = corpus
    manifest.unlink()
    (problem,) = check_files(of(manifest))
    assert (problem.fixture, problem.sentence[:14]) == ("manifest", "cannot be read")


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ('"entry_pct", "float", 0.2', '"entry_pct", "float", 0.3', "$.reducer.types.EngineConfig[0][2]"),
        ('"sessions": 64', '"sessions": 63', "$.limits.sessions"),
        ('"tolerance": 0', '"tolerance": 1', "$.comparison.reducer.tolerance"),
        ('"limits": {', '"slack": 1, "limits": {', "$.slack"),
    ],
)
def test_an_edited_contract_is_named_with_its_path(corpus: tuple[Path, Path], old: str, new: str, path: str) -> None:
    edited = corpus[1].with_name("contract.json")
    text = CONTRACT_FILE.read_text(encoding="utf-8")
    assert old in text
    edited.write_text(text.replace(old, new), encoding="utf-8")
    (problem,) = check_files(of(edited))
    assert (problem.fixture, problem.where) == ("contract.json", f"golden/reducer/contract.json {path}")


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "cannot be read"), ("", "is not JSON"), ("[]", "has no contract"), ('{"reducer": {}}', "$.reducer.")],
)
def test_a_contract_that_cannot_be_read_is_named(corpus: tuple[Path, Path], text: str | None, said: str) -> None:
    broken = corpus[1].with_name("contract.json")
    broken.unlink()
    if text is not None:
        broken.write_text(text, encoding="utf-8")
    (problem,) = check_files(of(broken))
    assert problem.fixture == "contract.json"
    assert problem.sentence.startswith(said)


def test_a_reformatted_contract_is_tampering(corpus: tuple[Path, Path]) -> None:
    path = corpus[1].with_name("contract.json")
    path.write_text(json.dumps(json.loads(CONTRACT_FILE.read_text())), encoding="utf-8")
    (problem,) = check_files(of(path))
    assert problem.sentence.startswith("has the recorded values in other bytes")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"fixtures": []}'])
def test_a_broken_manifest_is_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(ManifestError, match="parity golden record"):
        read_manifest(tmp_path / "manifest.json")
    with pytest.raises(ManifestError, match="cannot be read"):
        read_manifest(tmp_path / "none.json")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"name": "x", "about": "", "calls": [1]}', '{"name": 1, "about": 2, "case": {}}']
)
def test_a_broken_fixture_is_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text, encoding="utf-8")
    with pytest.raises(FixtureError, match="is not a fixture"):
        read_fixture(tmp_path / "x.json")
    with pytest.raises(FixtureError, match="cannot be read"):
        read_fixture(tmp_path / "y.json")


def test_a_fixture_reads_back_as_it_was_recorded(tmp_path: Path) -> None:
    fixture = record(replayed("small", "Two events.", pair(), tick(-0.0), timer(), s1_orphan_after_sec=float("inf")))
    (tmp_path / "small.json").write_bytes(to_bytes(fixture))
    assert to_bytes(read_fixture(tmp_path / "small.json")) == to_bytes(fixture)


@pytest.mark.parametrize("name", ["session_patches_refused", "session_of_events_refused", "session_refuses_and_goes_on"])
def test_a_session_that_refuses_goes_on(name: str) -> None:
    """A call that is not refused changes what is held, and each later one would be lost whatever it says."""
    answers = read_fixture(FOLDER / "fixtures" / f"{name}.json").answers
    answered = [number for number, answer in enumerate(answers) if "error" not in answer]
    assert answered == [0, len(answers) - 1]


def test_every_branch_of_the_reference_is_reached_by_a_fixture() -> None:
    report = measure("reducer")
    assert report.missing == {module: [] for module in MODULES}, report.text()
    assert report.covered_pct == 100.0
    assert report.branches > 200


def test_a_branch_that_nothing_reaches_is_reported() -> None:
    report = measure("reducer", sequences=1)
    assert report.covered_pct < 100.0
    assert report.missing["orders"]
    assert "is never taken" in report.text()
