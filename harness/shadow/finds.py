"""The divergences that shadows kept, one file for each kind of a build."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from doge_shadow.identity import CANDIDATE
from doge_shadow.judging import HIGH, LOW

# So many finds are named in a record.
NAMED_MAX = 100


def without_candidate(digests: Mapping[str, str]) -> dict[str, str]:
    """The digests of the reference alone, as a journal and a find of the noise floor have them."""
    return {name: digest for name, digest in digests.items() if name != CANDIDATE}


def finds_in(folder: Path, here: Mapping[str, str]) -> list[dict[str, Any]]:
    """The divergences of the build that is here, as other commands name theirs; those of high severity first.

    A file that cannot be read is one of them, and so is a difference of the noise floor, which has no candidate: `control`.
    """
    found: list[dict[str, Any]] = []
    for path in sorted(folder.glob("find-*.json")):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            known = document["shadow"]
            digests, control = dict(known["digests"]), CANDIDATE not in known["digests"]
            if digests != (without_candidate(here) if control else dict(here)):
                continue
            if known["severity"] not in (HIGH, LOW):
                raise ValueError(known["severity"])
            told = {"port": str(document.get("port", "")), "fingerprint": known["fingerprint"], "control": control}
            divergence = {**document.get("divergence", {}), "severity": known["severity"]}
            # What no case can be made of is kept, and cannot be replayed.
            repro = {"repro": str(path)} if document.get("case") else {"kept": str(path)}
            found.append({**told, "divergence": divergence, **repro})
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            # Nobody knows of which build it is, nor how bad, unless its name says so.
            severity = LOW if path.name.startswith(f"find-{LOW}-") else HIGH
            divergence = {"path": "unreadable", "severity": severity}
            found.append({"port": "", "fingerprint": path.stem, "control": False, "divergence": divergence, "kept": str(path)})
    return found[:NAMED_MAX]
