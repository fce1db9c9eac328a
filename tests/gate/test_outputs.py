"""Files that commands write: whole or not at all, and never in place of what they read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.store.ledger import Ledger
from harness.store.outputs import WriteError, write_output
from tests.gate.ledgers import record
from tests.gate.test_certificate import parity


@pytest.fixture
def ledger_file(tmp_path: Path) -> Path:
    file = tmp_path / "l.sqlite"
    ledger = Ledger(f"sqlite:///{file}")
    ledger.append_evidence("a1", record("fuzz", "reducer", ident="a1").text())
    ledger.close()
    return file


@pytest.mark.parametrize("name", ["l.sqlite", "link", "hard", "sub/../l.sqlite", "l.sqlite-wal"])
def test_an_export_never_replaces_the_ledger_that_it_reads(
    name: str, ledger_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (ledger_file.parent / "sub").mkdir()
    (ledger_file.parent / "link").symlink_to(ledger_file)
    os.link(ledger_file, ledger_file.parent / "hard")
    before, url = ledger_file.read_bytes(), f"sqlite:///{ledger_file}"
    code, out, err = parity(capsys, "evidence", "export", "--out", str(ledger_file.parent / name), "--ledger", url)
    assert (code, out, err.count("\n"), "must stay" in err) == (2, "", 1, True)
    assert ledger_file.read_bytes() == before


def test_an_export_never_replaces_the_key_of_this_job(
    ledger_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ledger_file.with_name("key.pem")
    key.write_text("secret", encoding="utf-8")
    monkeypatch.setenv("PARITY_SIGNING_KEY", str(key))
    assert parity(capsys, "evidence", "export", "--out", str(key), "--ledger", f"sqlite:///{ledger_file}")[0] == 2
    assert key.read_text(encoding="utf-8") == "secret"


def test_an_earlier_output_stays_until_the_new_one_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "out.txt"
    file.write_text("earlier", encoding="utf-8")
    file.chmod(0o640)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("harness.store.outputs.os.fsync", full)
        with pytest.raises(WriteError, match="No space left"):
            write_output(file, "new", inputs=[])
    assert (file.read_text(encoding="utf-8"), os.listdir(tmp_path)) == ("earlier", ["out.txt"])
    write_output(file, "new", inputs=[])
    assert (file.read_text(encoding="utf-8"), file.stat().st_mode & 0o777) == ("new", 0o640)


def test_an_output_goes_through_a_link_and_into_a_device(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "there")
    write_output(tmp_path / "link", "new", inputs=[])
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there").read_text(encoding="utf-8") == "new"
    write_output(Path("/dev/null"), "new", inputs=[])


@pytest.mark.parametrize("name", ["", "none/out", "file/out", "x" * 300, "a\0b"])
def test_an_output_that_cannot_be_written_is_a_sentence(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(WriteError, match=r"^--out .*cannot be written"):
        write_output(tmp_path / name, "new", inputs=[tmp_path / "file"])


@pytest.mark.parametrize(("option", "known"), [("--kind", "fuzz"), ("--subject", "reducer")])
def test_a_list_of_an_unknown_name_says_which_there_are(
    option: str, known: str, ledger_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--ledger", f"sqlite:///{ledger_file}"]
    code, out, err = parity(capsys, "evidence", "list", option, "fuz", *where)
    assert (code, out, err.count("\n"), known in err) == (2, "", 1, True)
    assert parity(capsys, "evidence", "list", option, known, *where)[0] == 0
