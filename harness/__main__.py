"""`parity`, and `python -m harness`: whatever goes wrong around a command is one sentence here, not a traceback."""

from __future__ import annotations

import os
import re
import sys

DISTRIBUTION, EXTRA = "doge-parity", "harness"
# A shell's exit codes from here on say that a signal ended the command; 130 is Ctrl-C.
BY_SIGNAL, EXIT_INTERRUPTED = 128, 130


def main() -> None:
    """Run the command line."""
    give_streams()
    try:
        from harness.cli.main import main as cli

        cli()
    except SystemExit as ended:
        if isinstance(ended.code, int) and ended.code > BY_SIGNAL:
            end_children()
        raise
    except ModuleNotFoundError:
        lacking = lacking_distributions()
        if not lacking:
            raise
        print(f"parity: needs {', '.join(lacking)}; run: pip install '{DISTRIBUTION}[{EXTRA}]'", file=sys.stderr)
        sys.exit(3)
    except KeyboardInterrupt:
        print("parity: interrupted", file=sys.stderr)
        end_children()
        sys.exit(EXIT_INTERRUPTED)


def end_children() -> None:
    """End what an interrupted command has left running: nobody holds a process that was just being started at the signal."""
    from contextlib import suppress
    from multiprocessing import resource_tracker

    import psutil

    from harness.engine.processes import end_tree

    for child in psutil.Process().children():
        # It ends by itself once nobody needs it, and is missed before.
        if child.pid != resource_tracker._resource_tracker._pid:  # type: ignore[attr-defined]
            with suppress(psutil.NoSuchProcess):
                end_tree(child)


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
