-- | The first two entries of a pair. Reference: @reducer/bootstrap.py@.
module DogeCore.Bootstrap
  ( bootstrapOrders,
  )
where

import Data.Maybe (catMaybes, isJust, isNothing)
import DogeCore.Domain (TooLarge, checkResult)
import DogeCore.Orders (Sizing (..), newEntry, placeAction)
import DogeCore.Types
  ( Action,
    EngineConfig,
    ModeSource (..),
    OrderState,
    PairState (..),
    Side (..),
    TradeId (..),
  )

-- | Make a buy entry of B, then a sell entry of A, and set the one-sided mode
-- if only one was possible. The orders are returned beside the state, not in
-- it: the caller puts them on the book. Reference: @bootstrap_orders@.
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
