"""`python -m doge_core`: which backend answers a bot in this environment, told by one call that is made for it."""

from __future__ import annotations

import json
import os
from typing import Any

from doge_core.settings import read_settings

# An executable that hangs must not hold up the answer for as long as a bot would wait.
TIMEOUT_SEC = 2.0


def report() -> dict[str, Any]:
    """Return `status()` after a call, and in `answered` who answered it: a broken executable is chosen, and Python answers.

    Shortens the time limit of this process, which is to be one of its own.
    """
    import doge_core as sm

    os.environ["DOGE_CORE_TIMEOUT_SEC"] = str(min(TIMEOUT_SEC, read_settings().timeout_sec))
    sm.reset()
    if sm.status()["shadow"]:
        # Python answers, and a call that no bot made is none of what the shadow covers.
        return {**sm.status(), "answered": "python"}
    sm.transition(sm.PairState(market_price=0.1, now=1.0), sm.PriceTick(0.1, 2.0), sm.EngineConfig(), 2.0)
    found = sm.status()
    calls = {name: count for name, count in found.get("calls", {}).items() if name != "python"}
    return {**found, "answered": found["backend"] if any(calls.values()) else "python"}


if __name__ == "__main__":
    print(json.dumps(report(), indent=1))
