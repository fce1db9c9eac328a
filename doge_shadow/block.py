"""A shadow's block of the bot's `/api/status`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# What a shadow that is off says of everything that it would count, in the order of the block.
_OFF: dict[str, Any] = {
    "mode": None, "sample": None, "calls": 0, "compared": 0, "coverage": None, "queue_depth": 0, "dropped": 0, "unsampled": 0,
    "severities": {}, "failures": {}, "excused": {}, "fingerprints": {}, "candidate_seconds": {}, "journal": None,
}  # fmt: skip


def block_of(status: Mapping[str, Any], kinds: Sequence[str], *, available: bool) -> dict[str, Any]:
    """Return the block of a shadow that is on, from its status; `kinds` are the words for its kinds of calls."""
    last = status["last_divergence"]
    return {
        "enabled": True,
        "executable_available": available,
        **_by_kind(kinds, status["checks"], status["divergences"]),
        "total_divergences": sum(status["divergences"].values()),
        "shadow_failures": sum(status["failures"].values()),
        "last_divergence_ts": last.get("ts"),
        "last_divergence_kind": last.get("kind"),
        "last_divergence_event": last.get("event"),
        "last_shadow_error": status["last_error"],
        **{name: status[name] for name in _OFF},
    }


def block_of_none(kinds: Sequence[str]) -> dict[str, Any]:
    """Return the block where no shadow is on: the same keys."""
    nothing: dict[str, Any] = {"divergences": dict.fromkeys(kinds, 0), "checks": dict.fromkeys(kinds, 0), "failures": {}}
    status = {**_OFF, **nothing, "last_divergence": {}, "last_error": None}
    return {**block_of(status, kinds, available=False), "enabled": False}


def _by_kind(kinds: Sequence[str], checks: Mapping[str, int], divergences: Mapping[str, int]) -> dict[str, int]:
    return {
        **{f"{kind}_checks": checks[kind] for kind in kinds},
        **{f"{kind}_divergences": divergences[kind] for kind in kinds},
    }
