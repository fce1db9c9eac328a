"""`parity`, and `python -m harness`: a setting that makes no sense is one sentence here, not a traceback."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line."""
    try:
        from harness.cli import main as cli
    except ValueError as error:
        print(f"parity: {error}", file=sys.stderr)
        sys.exit(2)
    cli()


if __name__ == "__main__":
    main()
