"""The reducer's equivalent mutants: data for `harness.mutants.equivalents`."""

from __future__ import annotations

from harness.mutants.equivalents import Equivalent

APART = "the two steps write different fields of the state, and neither reads what the other writes"
BOTH_NONE = "both guards return None and do nothing else, so their order does not matter"
INTS = "equal ints are indistinguishable, so the order of the arguments has no effect"
ALL_GO = "a cap of 1 evicts every order; a lower one only makes the slice longer than the list"
COST_ABOVE_ZERO = "size and price are above zero here, so no cost is below a minimum of zero or less"
WHOLE = "round(x, 0) is the float of round(x), so a volume without decimals is the same"
EXCLUSIVE = "a state with both exits was handled before, so at most one of the two is true"
READ_BEFORE = "the wire's reader has already checked the event by its kinds"
LAST = "check_event accepts five types, and this is the last"
OVERWRITTEN = "the branch stores the same three fields again and returns"

NO_NULL_IS_BOOL = "no value is of both types, so the order of the two checks does not matter"
NOT_A_NUMBER_FIRST = "the value is infinite here, so any finite limit gives the same result"
SAME_AFTER_FLOAT = "float(value) is the value itself if it is a float"
HUGE = "the int exceeds a double here, so any limit near zero gives the same result"
SLOW_WAY = "a shortcut for values that the lines below return unchanged"

NO_SUBCLASS = "JSON never yields a subclass of str"
SAID_BELOW = "the lines below refuse it with the same message"
NO_SUCH_KIND = "no kind of the contract is both, so the order of the two checks does not matter"
PYTHON_ONLY = "guards Python callers; the wire's reader reads lists itself, with its own paths"
SAVES_TIME = "only saves checking again what has passed"
THROWN_AWAY = "if the check raises, the marked object is discarded"
ZEROS_ALIKE = "the results differ only in the sign of a zero, and one minus zero is one"

EQUIVALENTS: tuple[Equivalent, ...] = (
    Equivalent("pricing.compute_order_volume", "order:statements", "if price <= 0 or order_size_usd <= 0:; …", BOTH_NONE),
    Equivalent("pricing.compute_order_volume", "order:statements", "if volume < cfg.min_volume:; …", BOTH_NONE),
    Equivalent("pricing.compute_order_volume", "comparison:Gt_GtE", "cfg.min_cost_usd > 0 -> …", COST_ABOVE_ZERO),
    Equivalent("pricing.compute_order_volume", "logic:without_0", "cfg.min_cost_usd > 0 and … -> …", COST_ABOVE_ZERO),
    Equivalent("pricing.compute_order_volume", "comparison:LtE_Lt", "cfg.volume_decimals <= 0 -> …", WHOLE),
    Equivalent("pricing.compute_order_volume", "constant:minus_one", "0 -> -1", WHOLE, text="cfg.volume_decimals <= 0"),
    Equivalent("pricing.compute_order_volume", "constant:minus_one", "0 -> -1", COST_ABOVE_ZERO, text="cfg.min_cost_usd > 0"),
    Equivalent("booking.update_losses", "order:statements", "if cfg.reentry_base_cooldown_sec > 0:; losses…", APART),
    Equivalent("booking.update_losses", "order:statements", "if trade_id == 'A':; if losses >= …", APART),
    Equivalent("orphaning.orphan_exit", "order:statements", "state, actions = evict_overflow(state, cfg); recovery…", APART),
    Equivalent("orphaning.orphan_exit", "order:statements", "recovery = …; state = remove_order(… -> …", APART),
    Equivalent("orphaning.orphan_exit", "order:statements", "state = remove_order(…; state = replace(… -> …", APART),
    Equivalent("orphaning.orphan_exit", "order:statements", "if cfg.reentry_base_cooldown_sec > 0:; if trade_id…", APART),
    Equivalent("orphaning.evict", "order:statements", "state = remove_recovery(…; state, booked = … -> …", APART),
    Equivalent("transition.on_recovery_fill", "order:statements", "state = remove_recovery(…; state, booked = … -> …", APART),
    Equivalent("transition.on_exit_fill", "order:statements", "state = update_losses(…; if order.trade_id == 'A': -> …", APART),
    Equivalent("transition.refresh_entry", "order:statements", "state = store_refresh(…; state = remove_order(… -> …", APART),
    Equivalent("transition.refresh_entry", "order:statements", "if count >= …:; state = store_refresh(… -> …", OVERWRITTEN),
    Equivalent("orphaning.evict_overflow", "order:arguments_0", "max(1, cfg.max_recovery_slots) -> …", INTS),
    Equivalent("orphaning.evict_overflow", "order:arguments_0", "max(0, len(state.recovery_orders) + 1 - cap) -> …", INTS),
    Equivalent("orphaning.evict_overflow", "arithmetic:regrouped", "len(…) + 1 - cap -> …", "ints are exact in any order"),
    Equivalent("orphaning.evict_overflow", "extreme:argument_1", "max(1, cfg.max_recovery_slots) -> …", ALL_GO),
    Equivalent("orphaning.evict_overflow", "constant:negated", "1 -> -1", ALL_GO, text="cap = max(1"),
    Equivalent("orphaning.evict_overflow", "constant:minus_one", "1 -> 0", ALL_GO, text="cap = max(1"),
    Equivalent("invariants.derive_phase", "order:statements", "if buy_exit:; if sell_exit: -> …", EXCLUSIVE),
    Equivalent("transition.transition", "assignment:dropped", "event = check_event(event) -> …", READ_BEFORE),
    Equivalent("transition.transition", "condition:always", "isinstance(event, RecoveryCancelEvent) -> True", LAST),
    Equivalent("transition.on_exit_fill", "order:arguments_0", "max(state.cycle_…, order.cycle + 1) -> …", INTS),
    Equivalent("domain.json_type", "order:statements", "if value is None:; if isinstance(value, bool): -> …", NO_NULL_IS_BOOL),
    Equivalent("domain.json_type", "order:statements", "if isinstance(value, int | float):; if isi… -> …", NO_NULL_IS_BOOL),
    Equivalent("domain._spelled", "comparison:Gt_GtE", "value > 0 -> value >= 0", NOT_A_NUMBER_FIRST),
    Equivalent("domain._spelled", "constant:plus_one", "0 -> 1", NOT_A_NUMBER_FIRST),
    Equivalent("domain._spelled", "constant:minus_one", "0 -> -1", NOT_A_NUMBER_FIRST),
    Equivalent("domain.check_number", "comparison:Gt_GtE", "value > 0 -> value >= 0", HUGE),
    Equivalent("domain.check_number", "constant:plus_one", "0 -> 1", HUGE),
    Equivalent("domain.check_number", "constant:minus_one", "0 -> -1", HUGE),
    Equivalent("domain.check_number", "condition:always", "type(value) is not float -> True", SAME_AFTER_FLOAT),
    Equivalent("domain.check_finite", "condition:never", "type(value) is float and … -> False", SLOW_WAY),
    Equivalent("domain.check_finite", "early_end:dropped", "return value -> (left out)", SLOW_WAY),
    Equivalent(
        "domain.check_finite", "order:statements", "if type(value) is float and math.isfinite(value):; … -> …", SLOW_WAY
    ),
    Equivalent("pricing.entry_backoff_multiplier", "order:arguments_0", "min(…", ZEROS_ALIKE),
    Equivalent("domain.check_cooldown", "default:without_1", "math.isnan(value) or value == -math.inf -> …", SAID_BELOW),
    Equivalent("domain.check_text", "condition:always", "type(value) is str -> True", NO_SUBCLASS),
    Equivalent("domain.check_text", "condition:never", "type(value) is str -> False", NO_SUBCLASS),
    Equivalent("domain.check_text", "comparison:Is_IsNot", "type(value) is str -> …", NO_SUBCLASS),
    Equivalent("domain.check_value", "order:statements", "if kind.optional and value is None:; …", NO_SUCH_KIND),
    Equivalent("domain.check_value", "order:statements", "if kind.item is not None:; …", NO_SUCH_KIND),
    Equivalent("domain.check_value", "early_end:dropped", "return tuple(…", PYTHON_ONLY),
    Equivalent("domain.check_value", "early_end:dropped", "raise wrong_type(path, 'a list', value) -> …", PYTHON_ONLY),
    Equivalent("domain.check_value", "condition:never", "kind.item is not None -> False", PYTHON_ONLY),
    Equivalent("domain.check_value", "condition:…", "not isinstance(value, list | tuple) -> …", PYTHON_ONLY),
    Equivalent("domain.check_value", "logic:not_lost", "not isinstance(value, list | tuple) -> …", PYTHON_ONLY),
    Equivalent("domain.check_value", "constant:text", "'a list' -> …", PYTHON_ONLY),
    Equivalent("domain.check_value", "order:arguments_…", "check_object(item, …", PYTHON_ONLY),
    Equivalent("domain.check_value", "constant:text", "'[' -> …", PYTHON_ONLY),
    Equivalent("domain.check_value", "constant:text", "']' -> …", PYTHON_ONLY),
    Equivalent("domain.check_settings", "constant:text", "'cfg' -> …", PYTHON_ONLY),
    Equivalent("domain.check_settings", "constant:text", "'order_size_usd' -> …", PYTHON_ONLY),
    Equivalent("domain.check_state", "constant:text", "'state' -> …", PYTHON_ONLY),
    Equivalent("domain.check_result", "order:statements", "for index, action in …; mark_checked(after) -> …", THROWN_AWAY),
    Equivalent("domain.check_result", "order:statements", "_check_object_fits(value[index], …", THROWN_AWAY),
    Equivalent("domain.check_result", "order:statements", "if value is old:; if kind.item is None: -> …", SAVES_TIME),
    Equivalent("domain.check_result", "assignment:dropped", "mark_checked(after) -> …", SAVES_TIME),
    Equivalent("domain.check_result", "assignment:dropped", "mark_checked(value[index]) -> …", SAVES_TIME),
    Equivalent("domain.check_result", "early_end:dropped", "continue -> …", SAVES_TIME, above="value is old:"),
    Equivalent("domain.check_result", "condition:never", "value is old -> False", SAVES_TIME),
    Equivalent("domain.check_result", "condition:never", "name == 'completed_cycles' -> False", SAVES_TIME),
    Equivalent("domain.check_result", "constant:text", "'completed_cycles' -> …", SAVES_TIME),
    Equivalent("domain.check_result", "condition:always", "not is_checked(value[index]) -> True", SAVES_TIME),
)
