"""The reference as a server with one bug that matters to a shadow: `wrong.py BUG --server`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from reducer import transition, wire, wire_session

right, sound = transition.transition, wire.check_invariants


def refuses_fills(*_arguments: Any) -> Any:
    """Refuse, as for an order that is not there."""
    raise ValueError("event.order_local_id: no such order")


def forgets_losses(state: Any, *rest: Any) -> Any:
    """Book a loss, but do not add it to the losses of the day."""
    after, actions = right(state, *rest)
    return replace(after, today_realized_loss=state.today_realized_loss), actions


def sees_violations(state: Any) -> list[str]:
    """Find one more violation in every state."""
    return [*sound(state), "a violation that there is not"]


if __name__ == "__main__":
    if sys.argv[1] == "refuses_fills":
        transition.on_fill = refuses_fills
    elif sys.argv[1] == "sees_violations":
        wire.check_invariants = wire_session.check_invariants = sees_violations
    else:
        wire.transition = wire_session.transition = forgets_losses
    sys.exit(wire.main(sys.argv[2:]))
