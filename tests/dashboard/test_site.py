"""The site as files: the same from the same ledger, safe whatever a record says, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness import ROOT
from harness.dashboard.site import MANIFEST, SiteError, write_site
from harness.evidence.statement import Figure
from harness.gate.policy import read_policy
from harness.subjects.registry import names
from tests.dashboard.sites import (
    PAGES,
    bench,
    data_in,
    figures_in,
    files_of,
    find,
    ledger_with,
    night,
    site_with,
    view_at,
)
from tests.gate.ledgers import record, satisfying

HOSTILE = "</script><script>alert(1)</script><!-- \u2028 & \" ' \x07 {{ 7 * 7 }}"
AT = "2026-09-21T14:13:20+00:00"


def made_up() -> list[Any]:
    """Some of everything."""
    subject = names()[0]
    benches = [bench(f"a{place:02d}", subject, 40.0 - place, 2.0 if place < 15 else 5.0) for place in range(30)]
    bad = night("bad", subject, 3.0, verdict="DIVERGENCE", exit_code=1, details={"finds": [find("one"), find("two")]})
    return [*satisfying(read_policy()), *benches, bad, *(night(f"n{place}", subject, place + 4.0) for place in range(250))]


def test_the_same_ledger_gives_the_same_site_on_both_databases(ledger_url: str, tmp_path: Path) -> None:
    here = files_of(ledger_with(ledger_url, made_up()))
    other = files_of(ledger_with(f"sqlite:///{tmp_path / 'other.sqlite'}", made_up()))
    assert list(here) == list(other)
    assert [name for name in here if here[name] != other[name]] == []


def test_the_command_gives_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    url, sites = ledger_with(f"sqlite:///{tmp_path / 'l.sqlite'}", made_up()), []
    for place in range(2):
        out = tmp_path / f"site{place}"
        done = subprocess.run(
            [sys.executable, "-m", "harness", "dashboard", "--out", str(out), "--ledger", url, "--at", AT],
            cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": str(place), "TZ": ("UTC", "Asia/Tokyo")[place]},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        assert str(out / "index.html") in done.stdout
        sites.append({str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()})
    assert sites[0] == sites[1]
    assert set(PAGES) < set(sites[0])


def test_no_word_of_a_record_is_ever_markup(tmp_path: Path) -> None:
    subject = names()[0]
    details = {
        "finds": [find(HOSTILE, HOSTILE, path=HOSTILE, kind=HOSTILE, reference=HOSTILE, candidate=HOSTILE)],
        "ports": {HOSTILE: {"available": True}},
        "levels": {HOSTILE: {HOSTILE: {"compared": 1, "divergent": 0}}},
        "survivors": [{"id": HOSTILE, "status": HOSTILE, "change": HOSTILE}],
        "machine": {"processor": HOSTILE},
        "targets": [{"figure": HOSTILE, "limit": 1.0, "reason": HOSTILE}],
    }
    figures = {"cases": Figure(5), "share": Figure(0.5), f"coverage {HOSTILE}": Figure(1.0, HOSTILE), HOSTILE: Figure(1.0, "x")}
    common: dict[str, Any] = {"details": details, "figures": figures, "verdict": HOSTILE, "command": ("parity", HOSTILE)}
    kinds = ("fuzz", "run", "mutants", "bench", HOSTILE)
    records = [record(kind, subject, ident=f"{HOSTILE}{place}", **common) for place, kind in enumerate(kinds)]
    records.append(replace(records[0], id="foreign", subject=HOSTILE))
    site = site_with(tmp_path, records)
    for name, text in site.items():
        assert "<script>alert" not in text, name
    script = site["data/records.js"]
    assert "</script" not in script
    assert HOSTILE in data_in(script)["kinds"]
    assert "</script" not in site["data/records-0.js"]
    assert HOSTILE in data_in(site["data/records-0.js"])[0]["text"].replace("\\u0007", "\x07").replace('\\"', '"')
    assert any(HOSTILE in json.dumps(each, ensure_ascii=False).replace('\\"', '"').replace("\\u0007", "\x07")
               for each in figures_in(site["power.html"]))  # fmt: skip


@pytest.mark.parametrize("odd", [None, 3, "text", ["text", 3], {"port": 3}, [{"port": {}, "divergence": 4, "count": "x"}]])
def test_details_of_another_version_break_no_page(odd: Any, tmp_path: Path) -> None:
    details = dict.fromkeys(("finds", "ports", "levels", "survivors", "machine", "targets"), odd)
    records = [record(kind, names()[0], ident=kind, details=details) for kind in ("fuzz", "run", "mutants", "golden")]
    records.append(bench("b1", names()[0], 1.0, 2.0, details=details))
    assert set(PAGES) < set(site_with(tmp_path, records))


def test_no_page_needs_anything_from_elsewhere(tmp_path: Path) -> None:
    site = site_with(tmp_path, made_up())
    for page in PAGES:
        assert "http:" not in site[page]
        assert "https:" not in site[page]
        assert "content=\"default-src 'none'" in site[page]


def test_a_site_takes_the_place_of_an_earlier_one_and_of_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "site"
    large, small = (tmp_path / name for name in ("large", "small"))
    for folder in (large, small):
        folder.mkdir()
    write_site(view_at(ledger_with(f"sqlite:///{large / 'l.sqlite'}", made_up())), out)
    (out / "mine.txt").write_text("kept")
    assert (out / "data" / "records-1.js").exists()
    write_site(view_at(ledger_with(f"sqlite:///{small / 'l.sqlite'}", [])), out)
    assert sorted(path.name for path in (out / "data").iterdir()) == ["records.js"]
    assert (out / "mine.txt").read_text() == "kept"
    (out / MANIFEST).unlink()
    with pytest.raises(SiteError, match="holds something that is no dashboard"):
        write_site(view_at(f"sqlite:///{small / 'l.sqlite'}"), out)


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SiteError, match="cannot be written"):
        write_site(view_at(ledger_with(f"sqlite:///{tmp_path / 'l.sqlite'}", [])), tmp_path / "file" / "site")


def test_two_sites_at_once_spoil_no_file_of_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    view, out, replace_file = view_at(ledger_with(f"sqlite:///{tmp_path / 'l.sqlite'}", [])), tmp_path / "site", os.replace
    inner: list[str] = []

    def while_another_writes(old: Path, new: Path) -> None:
        if not inner:
            inner.append("begun")
            inner.extend(write_site(view, out))
        replace_file(old, new)

    monkeypatch.setattr("os.replace", while_another_writes)
    outer = write_site(view, out)
    assert inner[1:] == list(outer)
    found = {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert found.keys() == {*outer, MANIFEST}
    assert {name: len(found[name]) for name in outer} == outer


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_a_file_that_is_not_finished_is_not_left_behind(
    failure: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view, write = view_at(ledger_with(f"sqlite:///{tmp_path / 'l.sqlite'}", [])), Path.write_bytes

    def half(path: Path, content: bytes) -> int:
        write(path, content[: len(content) // 2])
        if "gate.html" in path.name:
            raise failure
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises((KeyboardInterrupt, SiteError)):
        write_site(view, tmp_path / "site")
    assert [path.name for path in (tmp_path / "site").rglob("*.new")] == []
    assert (tmp_path / "site" / "evidence.html").exists()


def test_a_site_whose_making_was_cut_short_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    view = view_at(ledger_with(f"sqlite:///{tmp_path / 'l.sqlite'}", []))
    with monkeypatch.context() as patched:
        patched.setattr("harness.dashboard.records.index_of", cut_short)
        with pytest.raises(KeyboardInterrupt):
            write_site(view, tmp_path / "site")
    assert "index.html" in write_site(view, tmp_path / "site")


def cut_short(_entries: Any) -> Any:
    """As Ctrl-C does, or a disk that is full."""
    raise KeyboardInterrupt
