"""Serves a port with one text of its answers changed, a bug to whoever asks: `tampering.py EXE RIGHT WRONG --server`."""

from __future__ import annotations

import subprocess
import sys


def main(executable: str, right: str, wrong: str, *arguments: str) -> None:
    """Pass every line on, and change every answer."""
    with subprocess.Popen([executable, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as port:
        assert port.stdin is not None
        assert port.stdout is not None
        for line in sys.stdin.buffer:
            port.stdin.write(line)
            port.stdin.flush()
            sys.stdout.buffer.write(port.stdout.readline().replace(right.encode(), wrong.encode()))
            sys.stdout.buffer.flush()
        port.stdin.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
