"""The Debian packages whose code is in the executable: `linked.py PLAN`, with cabal's plan of the build."""

import json
import sys
from pathlib import Path

# What GHC's runtime and the bindings link of C and C++.
C_LIBRARIES = ("gcc-12-base", "ghc", "libc6-dev", "libdouble-conversion-dev", "libffi-dev", "libgmp-dev")


def linked(plan: Path) -> list[str]:
    """The names, as far as there may be a package of that name."""
    units = {each["id"]: each for each in json.loads(plan.read_text(encoding="utf-8"))["install-plan"]}
    waiting = [ident for ident, each in units.items() if each.get("component-name", "").startswith("exe:")]
    found: set[str] = set()
    while waiting:
        ident = waiting.pop()
        if ident not in found:
            found.add(ident)
            waiting += units[ident].get("depends", [])
    return sorted({f"libghc-{units[ident]['pkg-name']}-dev" for ident in found} | set(C_LIBRARIES))


if __name__ == "__main__":
    print(*linked(Path(sys.argv[1])), sep="\n")
