-- | The orders on the book: finding, removing, patching and placing them.
-- Reference: @reducer/orders.py@.
--
-- Ids are matched by value: if a broken state repeats one, a look-up finds
-- the first order that has it, and a removal or a patch touches all of them.
module DogeCore.Orders
  ( -- * Sizes
    Sizing (..),
    Result,

    -- * Finding, removing and patching
    findOrder,
    findRecovery,
    removeOrder,
    removeRecovery,
    applyOrderTxid,
    applyRecoveryTxid,

    -- * Cooldowns
    cooldownUntil,
    extendCooldown,

    -- * Placing
    newEntry,
    placeAction,
    appendOrder,
    placeEntry,
    placeFollowUp,
    addEntryOrder,

    -- * Strict lists
    snoc,
  )
where

import Data.List (find)
import Data.Maybe (listToMaybe)
import Data.Text (Text)
import qualified Data.Text as T
import DogeCore.Domain (TooLarge, checkResult)
import DogeCore.Pricing (computeOrderVolume, entryPrice, sizeFor)
import DogeCore.PythonFloat (pyMax)
import DogeCore.Types
  ( Action (..),
    EngineConfig,
    OrderSizes,
    OrderState (..),
    PairState (..),
    RecoveryOrder (..),
    Role (..),
    Side (..),
    TradeId (..),
  )

-- | The configuration and the sizes of entries that the caller gave, in USD. Reference: @Sizing@.
data Sizing = Sizing
  { szConfig :: !EngineConfig,
    szOrderSizeUsd :: {-# UNPACK #-} !Double,
    szOrderSizes :: !(Maybe OrderSizes)
  }

-- | The next state and the actions it calls for.
type Result = (PairState, [Action])

-- The volume of an entry at a price, or 'Nothing' if none may be placed.
-- Reference: @Sizing.volume@.
volumeFor :: Sizing -> TradeId -> Double -> Maybe Double
volumeFor (Sizing cfg common own) trade price = computeOrderVolume price cfg (sizeFor trade common own)

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

-- | Note the exchange's id of an order; an unknown id changes nothing.
-- Reference: @apply_order_txid@.
applyOrderTxid :: PairState -> Int -> Text -> PairState
applyOrderTxid st localId txid = st {psOrders = mapStrict patch (psOrders st)}
  where
    patch o
      | osLocalId o == localId = o {osTxid = txid}
      | otherwise = o

-- | Note the exchange's id of a recovery order; an unknown id changes
-- nothing. Reference: @apply_recovery_txid@.
applyRecoveryTxid :: PairState -> Int -> Text -> PairState
applyRecoveryTxid st recoveryId txid =
  st {psRecoveryOrders = mapStrict patch (psRecoveryOrders st)}
  where
    patch o
      | roRecoveryId o == recoveryId = o {roTxid = txid}
      | otherwise = o

-- | The time from which on the trade may enter again. Reference: @cooldown_until@.
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

-- | Make an entry order and spend its id, without putting it on the
-- book. Without a volume there is no order, and no id is spent. Reference: @new_entry@.
newEntry :: PairState -> Sizing -> Side -> TradeId -> Int -> (PairState, Maybe OrderState)
newEntry st sizing side trade cycleNumber = case volumeFor sizing trade price of
  Nothing -> (st, Nothing)
  Just volume ->
    ( st {psNextOrderId = psNextOrderId st + 1},
      Just
        OrderState
          { osLocalId = psNextOrderId st,
            osSide = side,
            osRole = Entry,
            osPrice = price,
            osVolume = volume,
            osTradeId = trade,
            osCycle = cycleNumber,
            osTxid = T.empty,
            osPlacedAt = psNow st,
            osEntryPrice = 0.0,
            osEntryFee = 0.0,
            osEntryFilledAt = 0.0
          }
    )
  where
    price = entryPrice st (szConfig sizing) side trade

-- | The action that places an order. Reference: @place_action@.
placeAction :: OrderState -> Text -> Action
placeAction o reason =
  ActPlaceOrder
    { poLocalId = osLocalId o,
      poSide = osSide o,
      poRole = osRole o,
      poPrice = osPrice o,
      poVolume = osVolume o,
      poTradeId = osTradeId o,
      poCycle = osCycle o,
      poPostOnly = True,
      poReason = reason
    }

-- | Put the order on the book, last. Reference: @append_order@.
appendOrder :: PairState -> OrderState -> PairState
appendOrder st o = st {psOrders = snoc (psOrders st) o}

-- | Put a new entry on the book if its size allows one.
-- Reference: @place_entry@.
placeEntry :: PairState -> Sizing -> Side -> TradeId -> Int -> Text -> Result
placeEntry st sizing side trade cycleNumber reason =
  case newEntry st sizing side trade cycleNumber of
    (after, Nothing) -> (after, [])
    (after, Just o) -> (appendOrder after o, [placeAction o reason])

-- | Enter the trade again at its cycle counter, unless its mode or its
-- cooldown forbids it. Reference: @place_follow_up@.
placeFollowUp :: PairState -> Sizing -> TradeId -> Text -> Result
placeFollowUp st sizing trade reason = case trade of
  TradeA
    | psLongOnly st || psNow st < psCooldownUntilA st -> (st, [])
    | otherwise -> placeEntry st sizing Sell TradeA (psCycleA st) reason
  TradeB
    | psShortOnly st || psNow st < psCooldownUntilB st -> (st, [])
    | otherwise -> placeEntry st sizing Buy TradeB (psCycleB st) reason

-- | Place one entry by hand. During the trade's cooldown, or if the size allows
-- no entry, nothing is placed. Reference: @add_entry_order@.
addEntryOrder ::
  PairState ->
  EngineConfig ->
  Side ->
  TradeId ->
  Int ->
  Double ->
  Text ->
  Either TooLarge (PairState, Maybe Action)
addEntryOrder before cfg side trade cycleNumber orderSizeUsd reason
  | psNow before < cooldownUntil before trade = Right (before, Nothing)
  | otherwise = do
      checkResult before Nothing after actions
      Right (after, listToMaybe actions)
  where
    sizing = Sizing cfg orderSizeUsd Nothing
    (after, actions) = placeEntry before sizing side trade cycleNumber reason

-- A filter that leaves no thunk behind: states live for days.
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

-- A map that leaves no thunk behind.
mapStrict :: (a -> b) -> [a] -> [b]
mapStrict f = \case
  [] -> []
  x : rest ->
    let !y = f x
        !ys = mapStrict f rest
     in y : ys
