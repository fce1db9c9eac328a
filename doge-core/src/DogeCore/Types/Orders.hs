-- | The records that live in lists: orders, recovery orders, booked cycles.
--
-- Integers are 64 bits wide: every platform that the port is built for has a
-- 64-bit 'Int'.
module DogeCore.Types.Orders
  ( OrderState (..),
    RecoveryOrder (..),
    CycleRecord (..),
  )
where

import Data.Text (Text)
import DogeCore.Types.Literals (Role, Side, TradeId)

-- | Reference: @OrderState@.
data OrderState = OrderState
  { osLocalId :: {-# UNPACK #-} !Int,
    osSide :: !Side,
    osRole :: !Role,
    osPrice :: {-# UNPACK #-} !Double,
    osVolume :: {-# UNPACK #-} !Double,
    osTradeId :: !TradeId,
    osCycle :: {-# UNPACK #-} !Int,
    osTxid :: !Text,
    osPlacedAt :: {-# UNPACK #-} !Double,
    osEntryPrice :: {-# UNPACK #-} !Double,
    osEntryFee :: {-# UNPACK #-} !Double,
    osEntryFilledAt :: {-# UNPACK #-} !Double
  }
  deriving (Eq, Show)

-- | Reference: @RecoveryOrder@.
data RecoveryOrder = RecoveryOrder
  { roRecoveryId :: {-# UNPACK #-} !Int,
    roSide :: !Side,
    roPrice :: {-# UNPACK #-} !Double,
    roVolume :: {-# UNPACK #-} !Double,
    roTradeId :: !TradeId,
    roCycle :: {-# UNPACK #-} !Int,
    roEntryPrice :: {-# UNPACK #-} !Double,
    roOrphanedAt :: {-# UNPACK #-} !Double,
    roEntryFee :: {-# UNPACK #-} !Double,
    roEntryFilledAt :: {-# UNPACK #-} !Double,
    roTxid :: !Text,
    roReason :: !Text
  }
  deriving (Eq, Show)

-- | Reference: @CycleRecord@.
data CycleRecord = CycleRecord
  { crTradeId :: !TradeId,
    crCycle :: {-# UNPACK #-} !Int,
    crEntryPrice :: {-# UNPACK #-} !Double,
    crExitPrice :: {-# UNPACK #-} !Double,
    crVolume :: {-# UNPACK #-} !Double,
    crGrossProfit :: {-# UNPACK #-} !Double,
    crFees :: {-# UNPACK #-} !Double,
    crNetProfit :: {-# UNPACK #-} !Double,
    crEntryTime :: {-# UNPACK #-} !Double,
    crExitTime :: {-# UNPACK #-} !Double,
    crFromRecovery :: !Bool
  }
  deriving (Eq, Show)
