"""Pictures of the pages for the documentation, of evidence that is made up.

python -m tests.browser.screenshots docs/images
"""

from __future__ import annotations

import base64
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.dashboard.site import write_site
from harness.gate.policy import read_policy
from harness.store.ledger import Ledger
from harness.subjects.registry import names
from tests.browser.driver import started
from tests.browser.pages import Opened
from tests.dashboard.big import big_records
from tests.dashboard.sites import PAGES, ledger_with, view_at
from tests.gate.ledgers import DAY, NOW, satisfying
from tests.serve.servers import batch, run_in, serving

DAYS, BATCHES, PAUSE_SEC = 120, 6, 0.4


def main(folder: Path) -> None:
    """Write a picture of every page."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as made:
        url = f"sqlite:///{Path(made) / 'ledger.sqlite'}"
        lately = [each for each in big_records() if each.ended_at > NOW - DAYS * DAY]
        write_site(view_at(ledger_with(url, [*satisfying(read_policy()), *lately])), Path(made) / "site")
        run = run_in(url, names()[0])
        browser = started(Path(made) / "profile")
        try:
            opened = Opened(browser)
            for page in PAGES:
                opened.go(Path(made) / "site", page)
                opened.wait(lambda: opened.all("h1"))
                opened.drawn()
                _keep(opened, folder / page)
            with serving(url) as served:
                opened.visit(f"{served.address}live.html")
                ledger = Ledger(url)
                for number in range(BATCHES):
                    ledger.record(run, batch(number))
                    time.sleep(PAUSE_SEC)
                ledger.close()
                opened.wait(lambda: f"{BATCHES * 100} of" in opened.one("#runs").text)
                _keep(opened, folder / "live.html")
        finally:
            browser.quit()


def _keep(opened: Opened, page: Path) -> None:
    shot = opened.browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
    page.with_suffix(".png").write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
