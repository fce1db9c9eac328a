-- | The orders on the book: finding, removing and patching them, and what
-- they say about the phase.
--
-- Reference: @reducer/orders.py@ and @reducer/invariants.py@. Ids are matched
-- by value: where a broken state repeats one, a look-up finds the first order
-- that has it, a removal or a patch touches every one.
module DogeCore.Helpers
  ( -- * Phase
    derivePhase,
    firstOf,
    clearS2UnlessS2,
    distance,

    -- * Orders
    findOrder,
    findRecovery,
    removeOrder,
    removeRecovery,
    appendOrder,
    applyOrderTxid,
    applyRecoveryTxid,
    filterStrict,
    snoc,

    -- * Per-trade fields
    consecutiveLosses,
    cooldownUntil,
    extendCooldown,
    cycleOf,
    withCycle,
  )
where

import Data.List (find)
import Data.Text (Text)
import DogeCore.Round (pyMax)
import DogeCore.Types

-- | The phase, told by the exits alone. Reference: @derive_phase@.
derivePhase :: PairState -> Phase
derivePhase st = go False False (psOrders st)
  where
    go !buyExit !sellExit = \case
      [] -> phaseOf buyExit sellExit
      o : rest -> case (osRole o, osSide o) of
        (Exit, Buy) -> go True sellExit rest
        (Exit, Sell) -> go buyExit True rest
        (Entry, Buy) -> go buyExit sellExit rest
        (Entry, Sell) -> go buyExit sellExit rest
    phaseOf True True = S2
    phaseOf True False = S1a
    phaseOf False True = S1b
    phaseOf False False = S0

-- | The first order of this side and role. Reference: @first_of@.
firstOf :: PairState -> Side -> Role -> Maybe OrderState
firstOf st side role = find (\o -> osSide o == side && osRole o == role) (psOrders st)

-- | How far a price is from the market, as a fraction of the market; 0.0
-- without a market. Reference: @distance@.
distance :: Double -> Double -> Double
distance price market
  | market <= 0 = 0.0
  | otherwise = abs (price - market) / market

-- | Forget when S2 began, unless the state still is in it.
-- Reference: @clear_s2_unless_s2@.
clearS2UnlessS2 :: PairState -> PairState
clearS2UnlessS2 st = case derivePhase st of
  S2 -> st
  S0 -> cleared
  S1a -> cleared
  S1b -> cleared
  where
    cleared = case psS2EnteredAt st of
      Nothing -> st
      Just _ -> st {psS2EnteredAt = Nothing}

-- | The first order with this id. Reference: @find_order@.
findOrder :: PairState -> Int -> Maybe OrderState
findOrder st localId = find ((== localId) . osLocalId) (psOrders st)

-- | The first recovery order with this id. Reference: @find_recovery@.
findRecovery :: PairState -> Int -> Maybe RecoveryOrder
findRecovery st recoveryId = find ((== recoveryId) . roRecoveryId) (psRecoveryOrders st)

-- | The state without the order; an unknown id changes nothing.
-- Reference: @remove_order@.
removeOrder :: PairState -> Int -> PairState
removeOrder st localId =
  st {psOrders = filterStrict ((/= localId) . osLocalId) (psOrders st)}

-- | The state without the recovery order; an unknown id changes nothing.
-- Reference: @remove_recovery@.
removeRecovery :: PairState -> Int -> PairState
removeRecovery st recoveryId =
  st {psRecoveryOrders = filterStrict ((/= recoveryId) . roRecoveryId) (psRecoveryOrders st)}

-- | Put the order on the book, last. Reference: @append_order@.
appendOrder :: PairState -> OrderState -> PairState
appendOrder st o = st {psOrders = snoc (psOrders st) o}

-- | Note the exchange's name for an order; an unknown id changes nothing.
-- Reference: @apply_order_txid@.
applyOrderTxid :: PairState -> Int -> Text -> PairState
applyOrderTxid st localId txid = st {psOrders = mapStrict patch (psOrders st)}
  where
    patch o
      | osLocalId o == localId = o {osTxid = txid}
      | otherwise = o

-- | Note the exchange's name for a recovery order; an unknown id changes
-- nothing. Reference: @apply_recovery_txid@.
applyRecoveryTxid :: PairState -> Int -> Text -> PairState
applyRecoveryTxid st recoveryId txid =
  st {psRecoveryOrders = mapStrict patch (psRecoveryOrders st)}
  where
    patch o
      | roRecoveryId o == recoveryId = o {roTxid = txid}
      | otherwise = o

-- | A filter that leaves no thunk behind: states live for days.
filterStrict :: (a -> Bool) -> [a] -> [a]
filterStrict keep = go
  where
    go = \case
      [] -> []
      x : rest
        | keep x -> let !kept = go rest in x : kept
        | otherwise -> go rest

-- | Append one item; the spine and the items are evaluated.
snoc :: [a] -> a -> [a]
snoc list !item = go list
  where
    go = \case
      [] -> [item]
      x : rest -> let !longer = go rest in x : longer

mapStrict :: (a -> b) -> [a] -> [b]
mapStrict f = \case
  [] -> []
  x : rest ->
    let !y = f x
        !ys = mapStrict f rest
     in y : ys

-- | The trade's losses in a row.
consecutiveLosses :: PairState -> TradeId -> Int
consecutiveLosses st = \case
  TradeA -> psConsecutiveLossesA st
  TradeB -> psConsecutiveLossesB st

-- | When the trade may enter again. Reference: @cooldown_until@.
cooldownUntil :: PairState -> TradeId -> Double
cooldownUntil st = \case
  TradeA -> psCooldownUntilA st
  TradeB -> psCooldownUntilB st

-- | Lengthen the trade's cooldown; it never shrinks.
-- Reference: @extend_cooldown@.
extendCooldown :: PairState -> TradeId -> Double -> PairState
extendCooldown st trade until' = case trade of
  TradeA -> st {psCooldownUntilA = later}
  TradeB -> st {psCooldownUntilB = later}
  where
    later = pyMax (cooldownUntil st trade) until'

-- | The trade's cycle counter.
cycleOf :: PairState -> TradeId -> Int
cycleOf st = \case
  TradeA -> psCycleA st
  TradeB -> psCycleB st

-- | Set the trade's cycle counter.
withCycle :: PairState -> TradeId -> Int -> PairState
withCycle st trade n = case trade of
  TradeA -> st {psCycleA = n}
  TradeB -> st {psCycleB = n}
