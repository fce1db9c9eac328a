-- | Fills, and the end of recovery orders.
-- Reference: @reducer/transition.py@, @on_fill@ and below.
module DogeCore.Transition.Fill
  ( onFill,
    onRecoveryFill,
    onRecoveryCancel,
  )
where

import qualified Data.Text as T
import DogeCore.Booking (ExitFill (..), bookOrder, bookRecovery, updateLosses)
import DogeCore.Invariants (clearS2UnlessS2)
import DogeCore.Orders
  ( Result,
    Sizing (..),
    appendOrder,
    findOrder,
    findRecovery,
    placeAction,
    placeFollowUp,
    removeOrder,
    removeRecovery,
  )
import DogeCore.Pricing (exitPrice)
import DogeCore.Types
  ( EngineConfig,
    OrderState (..),
    PairState (..),
    RecoveryOrder (..),
    Role (..),
    cycleOf,
    oppositeSide,
    withCycle,
  )

-- | Handle the fill of an order: an entry calls for its exit, an exit ends the
-- cycle. The volume is the event's. Reference: @on_fill@.
onFill :: PairState -> Int -> Double -> ExitFill -> Sizing -> Result
onFill st localId volume fill sizing = case findOrder st localId of
  Nothing -> (st, [])
  Just o ->
    let removed = removeOrder st (osLocalId o)
        (after, actions) = case osRole o of
          Entry -> onEntryFill removed o volume fill (szConfig sizing)
          Exit -> onExitFill removed o fill sizing
     in (clearS2UnlessS2 after, actions)

-- Place the exit that takes the profit of a filled entry. Reference: @on_entry_fill@.
onEntryFill :: PairState -> OrderState -> Double -> ExitFill -> EngineConfig -> Result
onEntryFill st o volume fill cfg =
  (appendOrder counted exitOrder, [placeAction exitOrder "entry_fill_exit"])
  where
    exitSide = oppositeSide (osSide o)
    exitOrder =
      OrderState
        { osLocalId = psNextOrderId st,
          osSide = exitSide,
          osRole = Exit,
          osPrice = exitPrice st cfg exitSide (efPrice fill),
          osVolume = volume,
          osTradeId = osTradeId o,
          osCycle = osCycle o,
          osTxid = T.empty,
          osPlacedAt = efTimestamp fill,
          osEntryPrice = efPrice fill,
          osEntryFee = efFee fill,
          osEntryFilledAt = efTimestamp fill
        }
    counted =
      st
        { psTotalFees = psTotalFees st + efFee fill,
          psNextOrderId = psNextOrderId st + 1
        }

-- Book the cycle that a filled exit ends, and enter the trade again. Reference: @on_exit_fill@.
--
-- DIFFERENCE: the counter is compared before the order's cycle grows, which
-- cannot wrap; a counter that then wraps is refused by the check of the result.
onExitFill :: PairState -> OrderState -> ExitFill -> Sizing -> Result
onExitFill st o fill sizing = (after, book : placed)
  where
    trade = osTradeId o
    (booked, book, net) = bookOrder st o fill
    weighed = updateLosses booked (szConfig sizing) trade net
    counter = cycleOf weighed trade
    counted = withCycle weighed trade (if osCycle o >= counter then osCycle o + 1 else counter)
    (after, placed) = placeFollowUp counted sizing trade "cycle_complete"

-- | Handle the fill of a recovery order: book its cycle. Its trade entered
-- again when the exit was orphaned, so nothing is placed. Reference: @on_recovery_fill@.
onRecoveryFill :: PairState -> Int -> ExitFill -> Sizing -> Result
onRecoveryFill st recoveryId fill sizing = case findRecovery st recoveryId of
  Nothing -> (st, [])
  Just o ->
    let removed = removeRecovery st (roRecoveryId o)
        (booked, book, net) = bookRecovery removed o fill
        weighed = updateLosses booked (szConfig sizing) (roTradeId o) net
     in (clearS2UnlessS2 weighed, [book])

-- | Remove a cancelled recovery order. Reference: @on_recovery_cancel@.
onRecoveryCancel :: PairState -> Int -> Result
onRecoveryCancel st recoveryId = (clearS2UnlessS2 (removeRecovery st recoveryId), [])
