"""`parity`, and `python -m harness`: whatever goes wrong around a command is one sentence here, not a traceback."""

from __future__ import annotations

import os
import re
import sys

DISTRIBUTION, EXTRA = "doge-parity", "harness"


def main() -> None:
    """Run the command line."""
    give_streams()
    try:
        from harness.cli.main import main as cli

        cli()
    except ModuleNotFoundError:
        lacking = lacking_distributions()
        if not lacking:
            raise
        print(f"parity: needs {', '.join(lacking)}; run: pip install '{DISTRIBUTION}[{EXTRA}]'", file=sys.stderr)
        sys.exit(3)
    except KeyboardInterrupt:
        print("parity: interrupted", file=sys.stderr)
        sys.exit(130)


def lacking_distributions() -> list[str]:
    """What the command needs and is not installed: a bot's machine has the adapters without the harness."""
    from importlib import metadata

    try:
        wanted = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return []
    names = [re.split(r"[^\w.-]", each)[0] for each in wanted if re.search(f"extra == ['\"]{EXTRA}['\"]", each)]
    return [name for name in names if not any(metadata.distributions(name=name))]


def give_streams() -> None:
    """Stand-ins for standard streams that the caller closed, so that what is said there goes nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))


if __name__ == "__main__":
    main()
