"""A subject that no file of the harness names is on the dashboard: see `tests/third_subject/README.md`."""

from __future__ import annotations

import re
from pathlib import Path

from tests.dashboard.test_pages import plain
from tests.gate.ledgers import begun
from tests.quality.test_third_subject import ORIGIN, parity


def test_a_third_subject_is_on_every_page_that_is_about_subjects(tmp_path: Path) -> None:
    ledger = ("--ledger", begun(tmp_path))
    out = tmp_path / "site"
    code, said = parity(ORIGIN, "dashboard", "--out", str(out), *ledger)
    assert code == 0, said
    assert "parity run --subject bucket" in (out / "index.html").read_text(encoding="utf-8")
    options = ("--subject", "bucket", "--sequences", "40", "--workers", "1", "--reports", str(tmp_path))
    code, said = parity(ORIGIN, "fuzz", *options, "--candidate-module", "bucket_uncapped", *ledger)
    assert code == 1, said
    code, said = parity(ORIGIN, "bench", "--subject", "bucket", "--rounds", "2", *ledger)
    assert code in (0, 1), said
    code, said = parity(ORIGIN, "dashboard", "--out", str(out), *ledger)
    assert code == 0, said
    pages = {path.name: path.read_text(encoding="utf-8") for path in out.glob("*.html")}
    rows = dict(re.findall(r'<tr><th scope="row">([\w:-]+)</th>(.*?)</tr>', pages["index.html"].split('id="matrix"')[1], re.S))
    assert "find" in rows["module:bucket_uncapped"]
    assert '<td>bucket</td><td><span class="badge bad">DIVERGENCE</span>' in pages["nights.html"]
    assert "parity replay" in plain(pages["nights.html"])
    assert "parity mutants --subject bucket" in pages["power.html"]
    assert '<h2 id="bench-' in pages["benchmarks.html"]
    assert ">bucket on " in pages["benchmarks.html"]
    assert 'id="criterion-1.critical/bucket"' in pages["gate.html"]
