"""Two years of nights and 20,000 points of benchmarks are a site in a minute, of pages that a browser likes."""

from __future__ import annotations

import time
from pathlib import Path

from harness.dashboard.site import write_site
from tests.dashboard.big import MACHINES, NIGHTS, big_records
from tests.dashboard.sites import PAGES, ledger_with, view_at

SECONDS_MAX, PAGE_BYTES_MAX, POINTS_MIN = 60.0, 8 * 2**20, 20_000


def test_a_large_ledger_is_a_site_within_a_minute(tmp_path: Path) -> None:
    records = big_records()
    assert sum(each.kind == "fuzz" for each in records) >= NIGHTS
    assert sum(len(each.figures) for each in records if each.kind == "bench") >= POINTS_MIN
    url = ledger_with(f"sqlite:///{tmp_path / 'big.sqlite'}", records)
    started = time.monotonic()
    sizes = write_site(view_at(url), tmp_path / "site")
    assert time.monotonic() - started <= SECONDS_MAX
    assert set(PAGES) < set(sizes)
    assert max(sizes.values()) <= PAGE_BYTES_MAX
    # The planted change is seen, of each subject that was measured and on each machine.
    page = (tmp_path / "site" / "benchmarks.html").read_text(encoding="utf-8")
    assert page.count('<th scope="row">load 0: figure 0</th><td><time') == 2 * len(MACHINES)
