-- | The reducer itself: one event in, the next state and the actions it calls
-- for out. Reference: @reducer/transition.py@.
module DogeCore.Transition
  ( transition,
    advance,
    bootstrapOrders,
    addEntryOrder,
    computeOrderVolume,
    entryBackoffMultiplier,
    Sizing (..),
    Result,
    TooLarge (..),
  )
where

import DogeCore.Helpers (findOrder)
import DogeCore.Overflow (TooLarge (..), checkResult)
import DogeCore.Transition.Fill
import DogeCore.Transition.Place
import DogeCore.Transition.Price
import DogeCore.Transition.Refresh
import DogeCore.Transition.Settle (ExitFill (..))
import DogeCore.Transition.Timer
import DogeCore.Types

-- | Advance the state by one event. Reference: @transition@.
--
-- DIFFERENCE: the reference raises @OverflowError@ for a result that outgrew
-- its type; here that is a 'Left'. Input outside the domain cannot be
-- built by the decoder, so it needs no check here.
transition ::
  PairState ->
  Event ->
  EngineConfig ->
  Double ->
  Maybe OrderSizes ->
  Either TooLarge (PairState, [Action])
transition before event cfg orderSizeUsd orderSizes = do
  checkResult before filled after actions
  Right result
  where
    !result@(after, actions) = advance before event (Sizing cfg orderSizeUsd orderSizes)
    filled = case event of
      EvFill {flOrderLocalId = localId} -> findOrder before localId
      EvPriceTick {} -> Nothing
      EvTimerTick {} -> Nothing
      EvRecoveryFill {} -> Nothing
      EvRecoveryCancel {} -> Nothing

-- | 'transition' without the check of its result.
advance :: PairState -> Event -> Sizing -> Result
advance before event sizing = case event of
  EvPriceTick price timestamp -> onPriceTick st price timestamp sizing
  EvTimerTick _ -> onTimerTick st sizing
  EvFill localId _ _ price volume fee timestamp ->
    onFill st localId volume (ExitFill price fee timestamp) sizing
  EvRecoveryFill recoveryId _ _ price _ fee timestamp ->
    onRecoveryFill st recoveryId (ExitFill price fee timestamp) sizing
  EvRecoveryCancel recoveryId _ _ -> onRecoveryCancel st recoveryId
  where
    !st = before {psNow = eventTimestamp event}
