"""`parity`, and `python -m harness`: whatever goes wrong around a command is one sentence here, not a traceback."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line."""
    give_streams()
    try:
        from harness.cli.main import main as cli

        cli()
    except KeyboardInterrupt:
        print("parity: interrupted", file=sys.stderr)
        sys.exit(130)


def give_streams() -> None:
    """Stand-ins for standard streams that the caller closed, so that what is said there goes nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))


if __name__ == "__main__":
    main()
