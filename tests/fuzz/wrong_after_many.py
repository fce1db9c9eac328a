"""Serves the reference, which answers replays wrongly once the process has answered many: `wrong_after_many.py --server`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from reducer import wire

ANSWERS_MIN = 12


def main() -> None:
    replay, answered = wire.METHODS["replay"], 0

    def forgetful(request: Any) -> Any:
        nonlocal answered
        answered += 1
        answer = replay(request)
        if answered > ANSWERS_MIN and answer.get("steps"):
            answer["steps"][0]["phase"] = "S9"
        return answer

    wire.METHODS["replay"] = forgetful
    sys.exit(wire.main(sys.argv[1:]))


if __name__ == "__main__":
    main()
