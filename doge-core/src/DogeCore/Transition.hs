-- | The reducer itself: from a state and an event to the next state and the
-- actions that the event calls for. Reference: @reducer/transition.py@; the
-- handlers of the events are in the modules below this one.
module DogeCore.Transition
  ( transition,
    advance,
  )
where

import DogeCore.Booking (ExitFill (..))
import DogeCore.Domain (TooLarge, checkResult)
import DogeCore.Orders (Result, Sizing (..), findOrder)
import DogeCore.Transition.Fill (onFill, onRecoveryCancel, onRecoveryFill)
import DogeCore.Transition.Refresh (onPriceTick)
import DogeCore.Transition.Timer (onTimerTick)
import DogeCore.Types
  ( Action,
    EngineConfig,
    Event (..),
    OrderSizes,
    PairState (..),
    eventTimestamp,
  )

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
