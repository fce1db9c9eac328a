"""The divergences that shadows kept, one file for each kind of a build."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from doge_shadow.judging import HIGH, LOW

# So many finds are named in a record.
NAMED_MAX = 100


def finds_in(folder: Path, here: Mapping[str, str]) -> list[dict[str, Any]]:
    """The divergences of the build that is here, as other commands name theirs; those of high severity first.

    A file that cannot be read is one of them.
    """
    found: list[dict[str, Any]] = []
    for path in sorted(folder.glob("find-*.json")):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            known = document["shadow"]
            if known["digests"] != dict(here):
                continue
            if known["severity"] not in (HIGH, LOW):
                raise ValueError(known["severity"])
            divergence = {**document.get("divergence", {}), "severity": known["severity"]}
            # What no case can be made of is kept, and cannot be replayed.
            repro = {"repro": str(path)} if document.get("case") else {"kept": str(path)}
            found.append(
                {"port": str(document.get("port", "")), "fingerprint": known["fingerprint"], "divergence": divergence, **repro}
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            # Nobody knows of which build it is, nor how bad, unless its name says so.
            severity = LOW if path.name.startswith(f"find-{LOW}-") else HIGH
            divergence = {"path": "unreadable", "severity": severity}
            found.append({"port": "", "fingerprint": path.stem, "divergence": divergence, "kept": str(path)})
    return found[:NAMED_MAX]
