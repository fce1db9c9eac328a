"""Bugs that the Haskell reducer has had, or almost had. A bug that is also in `historical.py` has the same name."""

from __future__ import annotations

from functools import partial

from harness.mutants.compiled import CompiledBug

_bug = partial(CompiledBug, operator="haskell")
_SRC = "src/DogeCore"

HASKELL: tuple[CompiledBug, ...] = (
    _bug(
        name="naive_rounding",
        file=f"{_SRC}/PythonFloat.hs",
        change="rounds after scaling, as most languages would",
        old="  | x < 0 = negate (roundPositive",
        new="  | abs n < 300 = fromInteger (round (x * 10 ^^ n)) / 10 ^^ n\n  | x < 0 = negate (roundPositive",
    ),
    _bug(
        name="half_away_from_zero",
        file=f"{_SRC}/PythonFloat.hs",
        change="rounds halves of a volume away from zero, as C's round does",
        old="fromIntegral (round x :: Int)",
        new="fromIntegral (floor (x + 0.5) :: Int)",
    ),
    _bug(
        name="maximum_takes_the_second",
        file=f"{_SRC}/PythonFloat.hs",
        change="of two equal numbers the maximum is the second, so that 0.0 and -0.0 change places",
        old="pyMax a b = if b > a then b else a",
        new="pyMax a b = if a > b then a else b",
    ),
    _bug(
        name="drops_minus_zero",
        file=f"{_SRC}/Json/Encode.hs",
        change="the sign of zero gets lost in the number printer, as in aeson",
        old='(if castDoubleToWord64 x == 0 then "0.0" else "-0.0")',
        new='(if castDoubleToWord64 x == 0 then "0.0" else "0.0")',
    ),
    _bug(
        name="fill_moves_market",
        file=f"{_SRC}/Transition/Fill.hs",
        change="a fill is taken for a price",
        old="    let removed = removeOrder st (osLocalId o)\n",
        new="    let removed = (removeOrder st (osLocalId o)) {psMarketPrice = efPrice fill}\n",
    ),
    _bug(
        name="cycle_counter_goes_back",
        file=f"{_SRC}/Transition/Fill.hs",
        change="an exit of an old cycle sets the counter back",
        old="(if osCycle o >= counter then osCycle o + 1 else counter)",
        new="(osCycle o + 1 + 0 * counter)",
    ),
    _bug(
        name="cap_off_by_one",
        file=f"{_SRC}/Orphaning.hs",
        change="the cap of recovery orders leaves room for one more",
        old="length (psRecoveryOrders st0) + 1 - cap",
        new="length (psRecoveryOrders st0) - cap",
    ),
    _bug(
        name="nearest_evicted",
        file=f"{_SRC}/Orphaning.hs",
        change="the nearest recovery order is evicted instead of the farthest",
        old="(negate (distance (roPrice o) (psMarketPrice st0)), roOrphanedAt",
        new="(distance (roPrice o) (psMarketPrice st0), roOrphanedAt",
    ),
    _bug(
        name="newest_evicted",
        file=f"{_SRC}/Orphaning.hs",
        change="of recovery orders equally far away the newest is evicted",
        old="roOrphanedAt o, roRecoveryId o)",
        new="negate (roOrphanedAt o), roRecoveryId o)",
    ),
    _bug(
        name="evicted_by_rank",
        file=f"{_SRC}/Orphaning.hs",
        change="evicted orders are booked as they rank, not as they stand in the list",
        old="  | otherwise = go st0 (psRecoveryOrders st0)\n",
        new="  | otherwise = go st0 ranked\n",
    ),
    _bug(
        name="lost_cooldown_maximum",
        file=f"{_SRC}/Orders.hs",
        change="a new cooldown replaces a longer one",
        old="    later = pyMax (cooldownUntil st trade) until'\n",
        new="    later = until'\n",
    ),
    _bug(
        name="swapped_actions",
        file=f"{_SRC}/Transition/Refresh.hs",
        change="the new entry is placed before the stale one is cancelled",
        old="(after, cancel : placed)",
        new="(after, placed ++ [cancel])",
    ),
    _bug(
        name="every_entry_refreshed",
        file=f"{_SRC}/Transition/Refresh.hs",
        change="a price tick refreshes the last stale entry, not the first",
        old="sizing = go (psOrders st)\n",
        new="sizing = go (reverse (psOrders st))\n",
    ),
    _bug(
        name="zero_is_a_percentage",
        file=f"{_SRC}/Pricing.hs",
        change="a runtime profit of 0.0 counts as set, where Python's `or` goes on",
        old="(psProfitPctRuntime st `orElse` cfgProfitPct cfg)",
        new="psProfitPctRuntime st",
    ),
    _bug(
        name="percent_divided_early",
        file=f"{_SRC}/Pricing.hs",
        change="a percentage is divided before it is multiplied: the same on paper",
        old="((pct * mult) / 100.0)",
        new="(pct / 100.0 * mult)",
    ),
    _bug(
        name="backoff_from_second_loss",
        file=f"{_SRC}/Pricing.hs",
        change="the back-off counts from the loss after the first",
        old="lossCount < cfgLossBackoffStart cfg",
        new="lossCount <= cfgLossBackoffStart cfg",
    ),
    _bug(
        name="zero_is_a_time",
        file=f"{_SRC}/Transition/Timer.hs",
        change="a time of 0.0 counts as known, where Python's `or` goes on",
        old="osEntryFilledAt o `orElse` osPlacedAt o `orElse` psNow st",
        new="osEntryFilledAt o",
    ),
    _bug(
        name="tie_takes_buy_exit",
        file=f"{_SRC}/Transition/Timer.hs",
        change="in S2 the buy exit counts as the worse one at equal distances",
        old="away buyExit > away sellExit",
        new="away buyExit >= away sellExit",
    ),
    _bug(
        name="reassociated_profit",
        file=f"{_SRC}/Booking.hs",
        change="fees are subtracted one by one: the same on paper",
        old="    net = gross - fees\n",
        new="    net = gross - tripEntryFee trip - efFee fill\n",
    ),
    _bug(
        name="forgets_quote_fee",
        file=f"{_SRC}/Booking.hs",
        change="the settled total ignores fees",
        old="psTotalSettledUsd st + (gross - quoteFee)",
        new="psTotalSettledUsd st + (gross - 0 * quoteFee)",
    ),
)
