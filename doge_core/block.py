"""The block `state_machine_shadow` of the bot's `/api/status`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COUNTS = (
    "transition_checks", "invariant_checks", "transition_divergences", "invariant_divergences", "total_divergences",
    "shadow_failures",
)  # fmt: skip
LAST = ("last_divergence_ts", "last_divergence_kind", "last_divergence_event", "last_shadow_error")
# What the block has beyond the keys that the bot's status page knows.
ADDED = (
    "mode", "sample", "calls", "compared", "coverage", "queue_depth", "dropped", "unsampled", "severities", "failures",
    "fingerprints", "candidate_seconds", "journal",
)  # fmt: skip


def block_of(status: Mapping[str, Any], *, available: bool) -> dict[str, Any]:
    """The block of a shadow that is on, from its status."""
    last, checks, divergences = status["last_divergence"], status["checks"], status["divergences"]
    return {
        "enabled": True,
        "executable_available": available,
        "transition_checks": checks["transition"],
        "invariant_checks": checks["invariant"],
        "transition_divergences": divergences["transition"],
        "invariant_divergences": divergences["invariant"],
        "total_divergences": sum(divergences.values()),
        "shadow_failures": sum(status["failures"].values()),
        "last_divergence_ts": last.get("ts"),
        "last_divergence_kind": last.get("kind"),
        "last_divergence_event": last.get("event"),
        "last_shadow_error": status["last_error"],
        **{name: status[name] for name in ADDED},
    }


def block_of_none() -> dict[str, Any]:
    """The block where no shadow is on."""
    return {"enabled": False, "executable_available": False, **dict.fromkeys(COUNTS, 0), **dict.fromkeys(LAST)}
