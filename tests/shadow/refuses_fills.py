"""The reference as a server that refuses every fill."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from reducer import transition, wire


def refuse(*_arguments: Any) -> Any:
    """Refuse, as for an order that is not there."""
    raise ValueError("event.order_local_id: no such order")


if __name__ == "__main__":
    transition.on_fill = refuse
    sys.exit(wire.main(sys.argv[1:]))
