-- | Booking a round trip, and the effect of its result on the trade's next entry.
-- Reference: @reducer/booking.py@.
module DogeCore.Booking
  ( ExitFill (..),
    bookCycle,
    bookOrder,
    bookRecovery,
    updateLosses,
  )
where

import DogeCore.History (appendCycle)
import DogeCore.Orders (extendCooldown)
import DogeCore.Types
  ( Action (..),
    CycleRecord (..),
    EngineConfig (..),
    OrderState (..),
    PairState (..),
    RecoveryOrder (..),
    TradeId (..),
    consecutiveLosses,
  )

-- | The end of a round trip: price in USD per coin, fee in USD, time in
-- seconds. Reference: @ExitFill@.
data ExitFill = ExitFill
  { efPrice :: {-# UNPACK #-} !Double,
    efFee :: {-# UNPACK #-} !Double,
    efTimestamp :: {-# UNPACK #-} !Double
  }

-- | The part of an order or a recovery order that booking needs.
data Trip = Trip
  { tripTradeId :: !TradeId,
    tripCycle :: !Int,
    tripEntryPrice :: !Double,
    tripEntryFee :: !Double,
    tripVolume :: !Double,
    tripEntryTime :: !Double,
    tripFromRecovery :: !Bool
  }

-- | Record the round trip that a fill ends, with the volume of the order on
-- the book, and return its net profit too. Reference: @book_cycle@.
bookCycle :: PairState -> Trip -> ExitFill -> (PairState, Action, Double)
bookCycle st trip fill = (booked, action, net)
  where
    gross = case tripTradeId trip of
      TradeA -> (tripEntryPrice trip - efPrice fill) * tripVolume trip
      TradeB -> (efPrice fill - tripEntryPrice trip) * tripVolume trip
    quoteFee = case tripTradeId trip of
      TradeA -> tripEntryFee trip
      TradeB -> efFee fill
    fees = tripEntryFee trip + efFee fill
    net = gross - fees
    record =
      CycleRecord
        { crTradeId = tripTradeId trip,
          crCycle = tripCycle trip,
          crEntryPrice = tripEntryPrice trip,
          crExitPrice = efPrice fill,
          crVolume = tripVolume trip,
          crGrossProfit = gross,
          crFees = fees,
          crNetProfit = net,
          crEntryTime = tripEntryTime trip,
          crExitTime = efTimestamp fill,
          crFromRecovery = tripFromRecovery trip
        }
    loss = psTodayRealizedLoss st
    booked =
      st
        { psCompletedCycles = appendCycle record (psCompletedCycles st),
          psTotalProfit = psTotalProfit st + net,
          psTotalSettledUsd = psTotalSettledUsd st + (gross - quoteFee),
          psTotalFees = psTotalFees st + efFee fill,
          psTodayRealizedLoss = if net < 0 then loss + abs net else loss,
          psTotalRoundTrips = psTotalRoundTrips st + 1
        }
    action =
      ActBookCycle
        { bcTradeId = tripTradeId trip,
          bcCycle = tripCycle trip,
          bcNetProfit = net,
          bcGrossProfit = gross,
          bcFees = fees,
          bcFromRecovery = tripFromRecovery trip
        }

-- | Book the round trip of an order on the book. Reference: @book_cycle@ as
-- @on_exit_fill@ calls it.
bookOrder :: PairState -> OrderState -> ExitFill -> (PairState, Action, Double)
bookOrder st o =
  bookCycle st $
    Trip
      { tripTradeId = osTradeId o,
        tripCycle = osCycle o,
        tripEntryPrice = osEntryPrice o,
        tripEntryFee = osEntryFee o,
        tripVolume = osVolume o,
        tripEntryTime = osEntryFilledAt o,
        tripFromRecovery = False
      }

-- | Book the round trip of a recovery order. If its entry time is unknown, the
-- time of its orphaning stands in. Reference: @book_recovery@.
bookRecovery :: PairState -> RecoveryOrder -> ExitFill -> (PairState, Action, Double)
bookRecovery st o =
  bookCycle st $
    Trip
      { tripTradeId = roTradeId o,
        tripCycle = roCycle o,
        tripEntryPrice = roEntryPrice o,
        tripEntryFee = roEntryFee o,
        tripVolume = roVolume o,
        tripEntryTime = if roEntryFilledAt o > 0 then roEntryFilledAt o else roOrphanedAt o,
        tripFromRecovery = True
      }

-- | Count losses in a row and start the cooldowns that follow from them.
-- Reference: @update_losses@.
--
-- DIFFERENCE: a count beyond 64 bits wraps here and is refused by the check of
-- the result; until then it still counts as having reached any limit.
updateLosses :: PairState -> EngineConfig -> TradeId -> Double -> PairState
updateLosses st0 cfg trade net
  | reached = extendCooldown counted trade (psNow counted + cfgLossCooldownSec cfg)
  | otherwise = counted
  where
    st
      | cfgReentryBaseCooldownSec cfg > 0 =
          extendCooldown st0 trade (psNow st0 + cfgReentryBaseCooldownSec cfg)
      | otherwise = st0
    before = consecutiveLosses st trade
    losses = if net < 0 then before + 1 else 0
    counted = case trade of
      TradeA -> st {psConsecutiveLossesA = losses}
      TradeB -> st {psConsecutiveLossesB = losses}
    reached = losses >= cfgLossCooldownStart cfg || (net < 0 && before == maxBound)
