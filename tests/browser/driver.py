"""A browser of the system, without a window."""

from __future__ import annotations

import shutil
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

HOW_TO_GET = "run ./build.sh test as root, or install the packages chromium and chromium-driver"
# Chromium refuses to be root in a sandbox of its own, and is to ask nothing of the network.
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class BrowserMissingError(Exception):
    """No browser can be started here. The message says why, and how to get one."""


def started(profile: Path) -> webdriver.Chrome:
    """A browser with a profile of its own. Raises `BrowserMissingError`."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        raise BrowserMissingError(f"{'chromium' if program is None else 'chromedriver'} is not installed; {HOW_TO_GET}")
    options = Options()
    options.binary_location = program
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    try:
        return webdriver.Chrome(options=options, service=Service(driver))
    except WebDriverException as error:
        said = str(error.msg).partition(chr(10))[0]
        raise BrowserMissingError(f"chromium does not start here ({said}); {HOW_TO_GET}") from error
