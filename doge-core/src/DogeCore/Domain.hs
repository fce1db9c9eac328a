-- | The check that a result still fits its types. Reference:
-- @reducer/domain.py@, @check_result@. The checks of incoming values are part
-- of the decoder, "DogeCore.Json.Decode".
--
-- DIFFERENCE: Python's ints are unbounded, ours wrap at 64 bits. A counter that
-- is smaller than before has wrapped: counters never shrink otherwise.
module DogeCore.Domain
  ( TooLarge (..),
    checkResult,
    evictReason,
  )
where

import Data.Maybe (isJust)
import Data.Text (Text)
import qualified Data.Text as T
import DogeCore.History (historyCount, historySince)
import DogeCore.PythonFloat (isFinite)
import DogeCore.Types
  ( Action (..),
    CycleRecord (..),
    OrderState (..),
    PairState (..),
    Role (..),
    TradeId (..),
  )

-- | The path of a value that outgrew a double or 64 bits.
newtype TooLarge = TooLarge {tooLargePath :: Text}
  deriving (Eq, Show)

-- | The reason that the cancellation of an evicted recovery order carries. It
-- is defined here because 'checkResult' tells evictions by it.
evictReason :: Text
evictReason = "recovery_cap_evict_priority"

-- | Refuse a result that outgrew its types, naming the first such value: the
-- state's fields in contract order, then the actions. The second argument is
-- the order that the event filled, if any.
checkResult :: PairState -> Maybe OrderState -> PairState -> [Action] -> Either TooLarge ()
checkResult before filled after actions
  | fine = Right ()
  | otherwise = case overflows of
      [] -> Right ()
      path : _ -> Left (TooLarge path)
  where
    fine = floatsFit after actions && not (countersMayWrap before filled)
    overflows = stateOverflows before filled after ++ actionOverflows actions

-- The quick check of all floats. A number times zero is zero exactly if the
-- number is finite, so one sum replaces the precise walk and costs a few
-- nanoseconds. Booked records need no check: if a float in one of them
-- overflows, a total overflows with it.
floatsFit :: PairState -> [Action] -> Bool
floatsFit st actions =
  scalars + sumOf order (psOrders st) + sumOf action actions == 0
  where
    scalars =
      psMarketPrice st * 0 + psNow st * 0 + psTotalProfit st * 0 + psTotalSettledUsd st * 0
        + psTotalFees st * 0
        + psTodayRealizedLoss st * 0
        + cooldown (psCooldownUntilA st)
        + cooldown (psCooldownUntilB st)
        + cooldown (psRefreshCooldownUntilA st)
        + cooldown (psRefreshCooldownUntilB st)
    cooldown x = if fitsCooldown x then 0 else 1
    order o = osPrice o * 0 + osVolume o * 0
    action = \case
      ActPlaceOrder {poPrice = price, poVolume = volume} -> price * 0 + volume * 0
      ActCancelOrder {coLocalId = localId} -> if localId == minBound then 1 else 0
      ActOrphanOrder {} -> 0
      ActBookCycle {bcNetProfit = net, bcGrossProfit = gross, bcFees = fees} ->
        net * 0 + gross * 0 + fees * 0

sumOf :: (a -> Double) -> [a] -> Double
sumOf f = go 0
  where
    go !acc [] = acc
    go !acc (x : rest) = go (acc + f x) rest

fitsCooldown :: Double -> Bool
fitsCooldown x = x - x == 0 || x == 1 / 0

-- True if any counter is so high that one event could push it beyond 64 bits.
-- An event books at most as many cycles as there are recovery orders, and no
-- state has 'growthMax' of those.
countersMayWrap :: PairState -> Maybe OrderState -> Bool
countersMayWrap before filled =
  any (> edge) [psCycleA before, psCycleB before, psNextOrderId before, psNextRecoveryId before]
    || any (> edge) [psTotalRoundTrips before, psConsecutiveLossesA before, psConsecutiveLossesB before]
    || any (> edge) [psConsecutiveRefreshesA before, psConsecutiveRefreshesB before]
    || maybe False ((> edge) . osCycle) filled
  where
    edge = maxBound - growthMax

-- The most by which one event could raise a counter: 2^32.
growthMax :: Int
growthMax = 0x100000000

stateOverflows :: PairState -> Maybe OrderState -> PairState -> [Text]
stateOverflows before filled after =
  concat (zipWith orderOverflow [0 :: Int ..] (psOrders after))
    ++ concat (zipWith cycleOverflow [historyCount (psCompletedCycles before) ..] newCycles)
    ++ ["cycle_a" | wrappedA]
    ++ ["cycle_b" | wrappedB]
    ++ ["next_order_id" | shrunk psNextOrderId]
    ++ ["next_recovery_id" | shrunk psNextRecoveryId]
    ++ float "total_profit" psTotalProfit
    ++ float "total_settled_usd" psTotalSettledUsd
    ++ float "total_fees" psTotalFees
    ++ float "today_realized_loss" psTodayRealizedLoss
    ++ ["total_round_trips" | shrunk psTotalRoundTrips]
    ++ ["consecutive_losses_a" | wrappedCount psConsecutiveLossesA]
    ++ ["consecutive_losses_b" | wrappedCount psConsecutiveLossesB]
    ++ cooldown "cooldown_until_a" psCooldownUntilA
    ++ cooldown "cooldown_until_b" psCooldownUntilB
    ++ ["consecutive_refreshes_a" | wrappedCount psConsecutiveRefreshesA]
    ++ ["consecutive_refreshes_b" | wrappedCount psConsecutiveRefreshesB]
    ++ cooldown "refresh_cooldown_until_a" psRefreshCooldownUntilA
    ++ cooldown "refresh_cooldown_until_b" psRefreshCooldownUntilB
  where
    newCycles = historySince (psCompletedCycles before) (psCompletedCycles after)
    shrunk field = field after < field before
    wrappedCount field = field after < 0 && field before > 0
    wrappedA = wrappedCycle TradeA psCycleA
    wrappedB = wrappedCycle TradeB psCycleB
    wrappedCycle trade field = shrunk field || isJust (filled >>= overTheEdge trade)
    float name field = [name | not (isFinite (field after))]
    cooldown name field = [name | not (fitsCooldown (field after))]
    orderOverflow i o =
      let at name = T.concat ["orders[", T.pack (show i), "].", name]
          isNew = osLocalId o == psNextOrderId before
          wrapped = case osTradeId o of TradeA -> wrappedA; TradeB -> wrappedB
       in [at "price" | not (isFinite (osPrice o))]
            ++ [at "volume" | not (isFinite (osVolume o))]
            ++ [at "cycle" | isNew && wrapped && osRole o == Entry && osCycle o == minBound]
    cycleOverflow i r =
      [ T.concat ["completed_cycles[", T.pack (show i), "].", name]
        | (name, field) <- cycleFloats,
          not (isFinite (field r))
      ]

-- The filled order, if it is an exit of the trade whose cycle number is the
-- largest one and has no successor.
overTheEdge :: TradeId -> OrderState -> Maybe OrderState
overTheEdge trade o
  | osTradeId o == trade && osRole o == Exit && osCycle o == maxBound = Just o
  | otherwise = Nothing

cycleFloats :: [(Text, CycleRecord -> Double)]
cycleFloats =
  [ ("exit_price", crExitPrice),
    ("gross_profit", crGrossProfit),
    ("fees", crFees),
    ("net_profit", crNetProfit)
  ]

actionOverflows :: [Action] -> [Text]
actionOverflows actions = concat (zipWith one [0 :: Int ..] actions)
  where
    one i a = [T.concat ["actions[", T.pack (show i), "].", name] | name <- names a]
    names = \case
      ActPlaceOrder {poPrice = price, poVolume = volume} ->
        ["price" | not (isFinite price)] ++ ["volume" | not (isFinite volume)]
      -- DIFFERENCE: Python negates an id of -2^63 to 2^63, which is too large. In
      -- 64 bits the id stays -2^63, so it is refused by that value.
      ActCancelOrder {coLocalId = localId, coReason = reason} ->
        ["local_id" | localId == minBound && reason == evictReason]
      ActOrphanOrder {} -> []
      ActBookCycle {bcNetProfit = net, bcGrossProfit = gross, bcFees = fees} ->
        ["net_profit" | not (isFinite net)]
          ++ ["gross_profit" | not (isFinite gross)]
          ++ ["fees" | not (isFinite fees)]
