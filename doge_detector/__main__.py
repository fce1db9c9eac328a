"""`python -m doge_detector`: which backend answers a bot in this environment, told by one call that is made for it."""

from __future__ import annotations

import json
from typing import Any


def report() -> dict[str, Any]:
    """Return `status()` after a call, and in `answered` who answered it."""
    import doge_detector as hmm

    found = hmm.status()
    if not found["shadow"]:
        # A call that no bot made is none of what a shadow covers.
        hmm.compute_grid_bias(hmm.RegimeState())
    return {**found, "answered": found["backend"]}


if __name__ == "__main__":
    print(json.dumps(report(), indent=1))
