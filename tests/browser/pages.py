"""Pages as a reader meets them: on a wide or a narrow screen, light or dark."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

NARROW, WIDE, HEIGHT = 390, 1280, 800
WAIT_SEC = 20.0


class Opened:
    """A browser with a page of a site."""

    def __init__(self, browser: webdriver.Chrome) -> None:
        self.browser = browser
        self.look()

    def look(self, *, width: int = WIDE, dark: bool = False) -> None:
        """Choose the screen and the colours, and forget what the console said."""
        screen = {"width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": width == NARROW}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        self.browser.get("about:blank")
        self.complaints()

    def go(self, site: Path, page: str, *, after: str = "") -> None:
        """Open a page; `after` is a query or the name of a place in it."""
        self.visit(f"{(site / page).as_uri()}{after}")

    def visit(self, address: str) -> None:
        """Open a page by its address."""
        self.browser.get(address)

    def ask(self, script: str) -> Any:
        """What a script gives."""
        return self.browser.execute_script(script)

    def all(self, selector: str) -> list[WebElement]:
        """The elements of a selector."""
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        """The text of all elements of a selector, at one moment: a live page may replace an element while it is asked."""
        script = "return [...document.querySelectorAll(arguments[0])].map((each) => each.innerText).join(' ')"
        return str(self.browser.execute_script(script, selector))

    def one(self, selector: str) -> WebElement:
        """The first element of a selector."""
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def wait(self, until: Callable[[], Any], *, sec: float = WAIT_SEC) -> Any:
        """What becomes true in time. Raises `TimeoutError`."""
        give_up = time.monotonic() + sec
        while not (found := until()):
            if time.monotonic() > give_up:
                raise TimeoutError(f"nothing within {sec:g} s")
            time.sleep(0.05)
        return found

    def drawn(self) -> None:
        """Wait until the figures in view are drawn, if the page has any."""
        if self.all("figure"):
            self.ask("document.querySelector('.canvas').scrollIntoView()")
            self.wait(lambda: self.all(".canvas .main-svg"))

    def complaints(self) -> list[str]:
        """What the console said since the screen was chosen."""
        log: Any = self.browser
        return [str(entry["message"]) for entry in log.get_log("browser")]
