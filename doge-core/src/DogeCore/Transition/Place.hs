-- | Placing entries. Reference: @reducer/orders.py@ and
-- @reducer/bootstrap.py@.
module DogeCore.Transition.Place
  ( Sizing (..),
    Result,
    placeEntry,
    placeFollowUp,
    placeAction,
    addEntryOrder,
    bootstrapOrders,
  )
where

import qualified Data.Map.Strict as Map
import Data.Maybe (catMaybes, isJust, isNothing, listToMaybe)
import Data.Text (Text)
import qualified Data.Text as T
import DogeCore.Helpers
import DogeCore.Overflow (TooLarge, checkResult)
import DogeCore.Transition.Price
import DogeCore.Types

-- | How much an entry may cost: the configuration and the sizes the caller
-- gave, in USD. Reference: @Sizing@.
data Sizing = Sizing
  { szConfig :: !EngineConfig,
    szOrderSizeUsd :: {-# UNPACK #-} !Double,
    szOrderSizes :: !(Maybe OrderSizes)
  }

-- | The next state and the actions it calls for.
type Result = (PairState, [Action])

-- Reference: @Sizing.volume@ and @size_for@.
volumeFor :: Sizing -> TradeId -> Double -> Maybe Double
volumeFor (Sizing cfg common own) trade price = computeOrderVolume price cfg size
  where
    size = case own of
      Nothing -> common
      Just sizes -> Map.findWithDefault common trade sizes

-- Make an entry order and spend its id, without putting it on the book; no
-- volume, no order and no id. Reference: @new_entry@.
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

-- | Put a new entry on the book, where its volume allows.
-- Reference: @place_entry@.
placeEntry :: PairState -> Sizing -> Side -> TradeId -> Int -> Text -> Result
placeEntry st sizing side trade cycleNumber reason =
  case newEntry st sizing side trade cycleNumber of
    (after, Nothing) -> (after, [])
    (after, Just o) -> (appendOrder after o, [placeAction o reason])

-- | Enter the trade again at its cycle counter, unless its mode or its
-- cooldown forbids. Reference: @place_follow_up@.
placeFollowUp :: PairState -> Sizing -> TradeId -> Text -> Result
placeFollowUp st sizing trade reason = case trade of
  TradeA
    | psLongOnly st || psNow st < psCooldownUntilA st -> (st, [])
    | otherwise -> placeEntry st sizing Sell TradeA (psCycleA st) reason
  TradeB
    | psShortOnly st || psNow st < psCooldownUntilB st -> (st, [])
    | otherwise -> placeEntry st sizing Buy TradeB (psCycleB st) reason

-- | Place one entry by hand: nothing during the trade's cooldown or without
-- a volume. Reference: @add_entry_order@.
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

-- | Make a buy entry of B, then a sell entry of A, and set the one-sided mode
-- where only one was possible. The orders are returned beside the state, not
-- in it. Reference: @bootstrap_orders@.
bootstrapOrders ::
  PairState ->
  EngineConfig ->
  Double ->
  Bool ->
  Bool ->
  Either TooLarge (PairState, [Action], [OrderState])
bootstrapOrders before cfg orderSizeUsd allowLongOnly allowShortOnly = do
  checkResult before Nothing after actions
  Right (after, actions, orders)
  where
    sizing = Sizing cfg orderSizeUsd Nothing
    (bought, buy) = newEntry before sizing Buy TradeB (psCycleB before)
    (sold, sell) = newEntry bought sizing Sell TradeA (psCycleA bought)
    longOnly = isJust buy && isNothing sell && allowLongOnly
    shortOnly = isJust sell && isNothing buy && allowShortOnly
    after =
      sold
        { psLongOnly = longOnly,
          psShortOnly = shortOnly,
          psModeSource = if longOnly || shortOnly then ModeBalance else ModeNone
        }
    orders = catMaybes [buy, sell]
    actions = [placeAction o "bootstrap" | o <- orders]
