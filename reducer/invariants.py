"""The phase of a state, and the invariants of a sound state."""

from __future__ import annotations

from reducer.types import OrderState, PairPhase, PairState, Role, Side, replace


def derive_phase(state: PairState) -> PairPhase:
    """Return the phase, which the exits on the book determine."""
    buy_exit = first_of(state, "buy", "exit") is not None
    sell_exit = first_of(state, "sell", "exit") is not None
    if buy_exit and sell_exit:
        return "S2"
    if buy_exit:
        return "S1a"
    if sell_exit:
        return "S1b"
    return "S0"


def first_of(state: PairState, side: Side, role: Role) -> OrderState | None:
    """Return the first order of this side and role, or None."""
    return next((order for order in state.orders if order.side == side and order.role == role), None)


def distance(price: float, market: float) -> float:
    """Return the distance of a price from the market price, as a fraction of the latter; 0.0 without a market price."""
    if market <= 0:
        return 0.0
    return abs(price - market) / market


def clear_s2_unless_s2(state: PairState) -> PairState:
    """Clear the time at which S2 began, unless the state is still in S2."""
    if derive_phase(state) == "S2":
        return state
    return replace(state, s2_entered_at=None)


def check_invariants(state: PairState) -> list[str]:
    """Return the violated invariants in a fixed order; an empty list for a sound state."""
    violations: list[str] = []
    if len({order.local_id for order in state.orders}) != len(state.orders):
        violations.append("duplicate order local_id")
    phase = derive_phase(state)
    violations += phase_violations(state, phase)
    if state.s2_entered_at is not None and phase != "S2":
        violations.append("s2_entered_at must be null outside S2")
    for order in state.orders:
        if order.cycle < 1:
            violations.append("order cycle must be >= 1")
        if order.role == "exit" and order.entry_price <= 0:
            violations.append("exit must carry entry_price")
        if order.volume <= 0:
            violations.append("order volume must be > 0")
    if state.cycle_a < 1 or state.cycle_b < 1:
        violations.append("cycle counters must be >= 1")
    return violations


def phase_violations(state: PairState, phase: PairPhase) -> list[str]:
    """Return the violation if the book has other sides and roles than its phase allows, else an empty list."""

    def count(side: Side, role: Role) -> int:
        return sum(1 for order in state.orders if order.side == side and order.role == role)

    buy_entries, sell_entries = count("buy", "entry"), count("sell", "entry")
    buy_exits, sell_exits = count("buy", "exit"), count("sell", "exit")
    book = (buy_entries, sell_entries, buy_exits, sell_exits)
    if phase == "S0":
        if state.long_only:
            sound, text = book == (1, 0, 0, 0), "S0 long_only must be exactly one buy entry"
        elif state.short_only:
            sound, text = book == (0, 1, 0, 0), "S0 short_only must be exactly one sell entry"
        else:
            sound, text = book == (1, 1, 0, 0), "S0 must be exactly A sell entry + B buy entry"
    elif phase == "S1a":
        if state.short_only:
            sound, text = buy_exits == 1, "S1a short_only must have one buy exit"
        else:
            sound, text = book == (1, 0, 1, 0), "S1a must be one buy exit + one buy entry"
    elif phase == "S1b":
        if state.long_only:
            sound, text = sell_exits == 1, "S1b long_only must have one sell exit"
        else:
            sound, text = book == (0, 1, 0, 1), "S1b must be one sell exit + one sell entry"
    else:
        sound, text = book == (0, 0, 1, 1), "S2 must be one buy exit + one sell exit only"
    return [] if sound else [text]
