"""`python -m doge_core`: which backend answers a bot in this environment, told by one call that is made for it."""

from __future__ import annotations

import json
from typing import Any


def report() -> dict[str, Any]:
    """Return `status()` after a call, and in `answered` who answered it: a broken executable is chosen, and Python answers."""
    import doge_core as sm

    if sm.status()["shadow"]:
        # Python answers, and a call that no bot made is none of what the shadow covers.
        return {**sm.status(), "answered": "python"}
    sm.transition(sm.PairState(market_price=0.1, now=1.0), sm.PriceTick(0.1, 2.0), sm.EngineConfig(), 2.0)
    found = sm.status()
    calls = {name: count for name, count in found.get("calls", {}).items() if name != "python"}
    return {**found, "answered": found["backend"] if any(calls.values()) else "python"}


if __name__ == "__main__":
    print(json.dumps(report(), indent=1))
