"""Check the extension: it answers the fixtures and generated cases as the reference's wire does, and never raises.

Run by tox after `doge-core-rs/build python`, from the checkout.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

from generators.reducer.bulk import generate_cases
from golden.reducer.corpus import golden_cases
from reducer.wire import handle_line

BROKEN = (b"", b"{", b"[" * 100, b"\xff", b'{"method":"step"}', b'{"method":"\\ud800"}', b'{"method":"describe"}' * 2)


def main() -> None:
    """Compare every answer as data. Raises `AssertionError` for one that differs."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
    rust = import_module("doge_core_rs")
    lines = [case.line for case in (*golden_cases(), *generate_cases(31, 200))]
    for line in (*lines, *BROKEN):
        assert json.loads(rust.answer(line)) == json.loads(handle_line(line)), line[:200]
    for line in lines:
        assert rust.replay(line) == rust.answer(line), line[:200]
    assert json.loads(rust.answer(b'{"method":"describe"}'))["version"] == rust.__version__
    print(f"{len(lines) + len(BROKEN)} lines answered alike")


if __name__ == "__main__":
    main()
