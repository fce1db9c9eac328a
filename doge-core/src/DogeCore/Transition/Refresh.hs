-- | Price ticks: refreshing entries that the market left behind.
-- Reference: @reducer/transition.py@, @on_price_tick@ and below.
module DogeCore.Transition.Refresh
  ( onPriceTick,
  )
where

import DogeCore.Invariants (distance)
import DogeCore.Orders (Result, Sizing (..), placeEntry, removeOrder)
import DogeCore.Types
  ( Action (..),
    EngineConfig (..),
    OrderState (..),
    PairState (..),
    RefreshDirection (..),
    Role (..),
    Side (..),
    TradeId (..),
  )

-- | Follow the market, and refresh at most one entry that it left behind.
-- Reference: @on_price_tick@.
onPriceTick :: PairState -> Double -> Double -> Sizing -> Result
onPriceTick st0 price timestamp sizing = go (psOrders st)
  where
    !st = st0 {psMarketPrice = price, psLastPriceUpdateAt = Just timestamp}
    go = \case
      [] -> (st, [])
      o : rest
        | osRole o /= Entry -> go rest
        | distance (osPrice o) (psMarketPrice st) * 100.0 <= cfgRefreshPct (szConfig sizing) -> go rest
        | psNow st < refreshCooldown o -> go rest
        | otherwise -> refreshEntry st o sizing
    refreshCooldown o = case osTradeId o of
      TradeA -> psRefreshCooldownUntilA st
      TradeB -> psRefreshCooldownUntilB st

-- Move a stale entry to the market, unless it has chased the market too often
-- in one direction. Reference: @refresh_entry@.
--
-- DIFFERENCE: a count beyond 64 bits wraps here and is refused by the check of
-- the result; until then it still counts as having reached any limit.
refreshEntry :: PairState -> OrderState -> Sizing -> Result
refreshEntry st o sizing
  | count >= limit || wrapped =
      (storeRefresh st trade count direction (psNow st + cfgRefreshCooldownSec cfg), [])
  | otherwise = (after, cancel : placed)
  where
    cfg = szConfig sizing
    trade = osTradeId o
    limit = cfgMaxConsecutiveRefreshes cfg
    (count0, cooldown0, lastDirection) = case trade of
      TradeA -> (psConsecutiveRefreshesA st, psRefreshCooldownUntilA st, psLastRefreshDirectionA st)
      TradeB -> (psConsecutiveRefreshesB st, psRefreshCooldownUntilB st, psLastRefreshDirectionB st)
    (reset, cooldown)
      | count0 >= limit && cooldown0 > 0 = (0, 0.0)
      | otherwise = (count0, cooldown0)
    direction = refreshDirection st o
    repeated = Just direction == lastDirection
    wrapped = repeated && reset == maxBound
    count = if repeated then reset + 1 else 1
    stored = storeRefresh st trade count direction cooldown
    removed = removeOrder stored (osLocalId o)
    cancel = ActCancelOrder (osLocalId o) (osTxid o) "stale_entry"
    (after, placed) = placeEntry removed sizing (osSide o) trade (osCycle o) "refresh_entry"

-- The direction in which the market left the order. Reference: @refresh_direction@.
refreshDirection :: PairState -> OrderState -> RefreshDirection
refreshDirection st o = case osSide o of
  Buy -> if psMarketPrice st < osPrice o then RefreshDown else RefreshUp
  Sell -> if psMarketPrice st > osPrice o then RefreshUp else RefreshDown

-- Store the number of refreshes in a row, their direction, and the end of the
-- cooldown of the trade.
-- Reference: @store_refresh@.
storeRefresh :: PairState -> TradeId -> Int -> RefreshDirection -> Double -> PairState
storeRefresh st trade count direction cooldown = case trade of
  TradeA ->
    st
      { psConsecutiveRefreshesA = count,
        psLastRefreshDirectionA = Just direction,
        psRefreshCooldownUntilA = cooldown
      }
  TradeB ->
    st
      { psConsecutiveRefreshesB = count,
        psLastRefreshDirectionB = Just direction,
        psRefreshCooldownUntilB = cooldown
      }
