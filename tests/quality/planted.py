"""Serves the reference with a bug planted in it, or several: `planted.py BUG[+BUG] --server`.

Each bug is one that a port could well have. The harness has to catch every one of them over the wire.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
import textwrap
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from reducer import booking, contract, invariants, orders, orphaning, pricing, requests, transition, wire, wire_session
from tests.quality import planted_failures

Json = dict[str, Any]


def naive_rounding() -> None:
    """Rounding after scaling, as most languages would."""

    def rounded(price: float, decimals: int) -> float:
        scale = 10.0**decimals
        return round(price * scale) / scale

    pricing.round_price = rounded


def other_constant() -> None:
    """The back-off counts from the loss after the first."""
    pricing.entry_backoff_multiplier = lambda losses, cfg: (
        1.0 if losses <= cfg.loss_backoff_start else min(cfg.backoff_max_multiplier, 1.0 + cfg.backoff_factor)
    )


def lost_cooldown_maximum() -> None:
    """A new cooldown replaces a longer one."""

    def set_cooldown(state: Any, trade_id: str, until: float) -> Any:
        return replace(state, **{"cooldown_until_a" if trade_id == "A" else "cooldown_until_b": until})

    booking.extend_cooldown = orphaning.extend_cooldown = orders.extend_cooldown = set_cooldown


def fill_moves_market() -> None:
    """A fill is taken for a price."""
    on_fill = transition.on_fill

    def moving(state: Any, event: Any, sizing: Any) -> Any:
        return on_fill(replace(state, market_price=event.price), event, sizing)

    transition.on_fill = moving


def tie_takes_buy_exit() -> None:
    """In S2 the buy exit counts as the worse one at equal distances."""
    distance = invariants.distance

    def nearer_for_sells(price: float, market: float) -> float:
        return distance(price, market) * (1.0 - 1e-15 if price > market else 1.0)

    transition.distance = nearer_for_sells


def forgets_quote_fee() -> None:
    """The settled total ignores fees."""
    book = booking.book_cycle

    def booked(state: Any, order: Any, fill: Any, **given: Any) -> Any:
        after, action = book(state, order, fill, **given)
        return replace(after, total_settled_usd=state.total_settled_usd + action.gross_profit), action

    booking.book_cycle = transition.book_cycle = booked


def reassociated_profit() -> None:
    """A formula evaluated in another order: the same on paper."""
    book = booking.book_cycle

    def booked(state: Any, order: Any, fill: Any, **given: Any) -> Any:
        after, action = book(state, order, fill, **given)
        net = action.gross_profit - order.entry_fee - fill.fee
        record = replace(after.completed_cycles[-1], net_profit=net)
        after = replace(after, completed_cycles=(*after.completed_cycles[:-1], record), total_profit=state.total_profit + net)
        return after, replace(action, net_profit=net)

    booking.book_cycle = transition.book_cycle = booked


def _changing(change: Callable[[Json], Json]) -> None:
    handle = wire.handle
    wire.handle = lambda request, methods=None: change(handle(request, methods))


def swapped_actions() -> None:
    """The cancel comes after the place."""

    def swap(answer: Json) -> Json:
        for step in answer.get("steps", []):
            step.get("actions", []).reverse()
        return answer

    _changing(swap)


def drops_minus_zero() -> None:
    """The sign of zero gets lost in the number printer, as in aeson."""
    to_line = wire.to_line
    wire.to_line = lambda answer: to_line(answer).replace(b"-0.0", b"0.0")


def ints_for_floats() -> None:
    """Whole floats are printed as ints."""
    to_line = wire.to_line
    wire.to_line = lambda answer: to_line(answer).replace(b".0,", b",")


def duplicate_keys() -> None:
    """A key is written twice, the right value last."""
    to_line = wire.to_line
    wire.to_line = lambda answer: to_line(answer).replace(b'"phase":', b'"phase":"S2","phase":')


def type_last() -> None:
    """A map that sorts its keys: `_type` is no longer first."""

    def reorder(answer: Json) -> Json:
        for step in answer.get("steps", []):
            if "actions" in step:
                step["actions"] = [{**_without_type(action), "_type": action["_type"]} for action in step["actions"]]
        return answer

    _changing(reorder)


def _without_type(action: Json) -> Json:
    return {key: value for key, value in action.items() if key != "_type"}


def seventeen_digits() -> None:
    """Floats as C's `%.17g` prints them: they read back, but are not the shortest."""

    def printed(match: re.Match[bytes]) -> bytes:
        text = b"%.17g" % float(match[0])
        return text if b"." in text or b"e" in text else text + b".0"

    to_line = wire.to_line
    wire.to_line = lambda answer: re.sub(rb"(?<=[:\[,])-?\d+\.\d+(e[-+]?\d+)?", printed, to_line(answer))


def composed_texts() -> None:
    """Texts are normalised to NFC when they are read, as some languages' strings do."""
    handle_line = wire.handle_line

    def composed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: composed(item) for key, item in value.items()}
        if isinstance(value, list):
            return [composed(item) for item in value]
        return unicodedata.normalize("NFC", value) if isinstance(value, str) else value

    wire.handle_line = lambda line, methods=None: handle_line(json.dumps(composed(json.loads(line))).encode(), methods)


def one_session() -> None:
    """A server that holds the last session alone."""
    wire_session.SESSIONS_MAX = 1


def index_from_the_end() -> None:
    """A patch whose negative index counts from the end of the orders that are held."""
    rewrite(requests._held, "0 <= index < len(before)", "index < len(before)")


def last_for_too_large_index() -> None:
    """A patch whose index beyond the orders that are held means the last of them."""
    rewrite(requests._held, "    if not", "    index = min(index, len(before) - 1)\n    if not")


def rewrite(function: Any, old: str, new: str) -> None:
    """Write a function of the reference otherwise, wherever it is called from."""
    source = textwrap.dedent(inspect.getsource(function))
    assert old in source, f"{function.__name__} no longer says {old}"
    names = dict(function.__globals__)
    exec(source.replace(old, new), names)
    function.__code__ = names[function.__name__].__code__


def pct_over_100_early() -> None:
    """The percentage is divided before it is multiplied: the same on paper."""
    rewrite(pricing.entry_price, "(pct * mult) / 100.0", "(pct / 100.0) * mult")


def wrong_digest() -> None:
    """The digest is not that of the state."""

    def spoil(answer: Json) -> Json:
        for step in answer.get("steps", []):
            step["digest"] = step["digest"][::-1]
        return answer

    _changing(spoil)


def wrong_session() -> None:
    """Replay is right, but a session forgets what the last step changed."""
    step = wire_session.Sessions.step

    def forgetful(self: Any, request: Json) -> Json:
        answer = step(self, request)
        if "set" in answer:
            answer["set"].pop("now", None)
        return answer

    wire_session.Sessions.step = forgetful


def wrong_violations() -> None:
    """From a replay's second step on, what is wrong with the state."""

    def spoil(answer: Json) -> Json:
        for step in answer.get("steps", [])[1:]:
            if "violations" in step:
                step["violations"] = ["all is well"]
        return answer

    _changing(spoil)


def wrong_final_state() -> None:
    """The time in a replay's last state."""

    def spoil(answer: Json) -> Json:
        if "steps" in answer:
            answer["state"]["now"] += 1.0
        return answer

    _changing(spoil)


def wrong_volume() -> None:
    """Replay is right, but the volume on its own is not."""
    wire.METHODS["compute_order_volume"] = lambda request: {"volume": 1.0}


def other_contract() -> None:
    """A default of the configuration is not the contract's."""
    view = contract.contract()
    view["types"]["EngineConfig"][3][2] = 1.5
    contract.contract = lambda: view


def parity() -> None:
    """No bug at all: the alarm must not ring."""


if __name__ == "__main__":
    here = (__name__, planted_failures.__name__)
    known = {**vars(planted_failures), **globals()}
    bugs = {name: bug for name, bug in known.items() if callable(bug) and getattr(bug, "__module__", "") in here}
    wanted = sys.argv[1].split("+") if len(sys.argv) > 1 else [""]
    if not all(name in bugs for name in wanted):
        sys.exit(f"planted.py: name bugs as one+other, then --server; known: {', '.join(sorted(bugs))}")
    for name in wanted:
        bugs[name]()
    sys.exit(wire.main(sys.argv[2:]))
