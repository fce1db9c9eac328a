-- | The types of the reducer. Reference: @reducer/types.py@.
--
-- Names, order and defaults of the fields are the contract's; the record
-- prefixes are those of the specification's Appendix A.
module DogeCore.Types
  ( module DogeCore.Types.Literals,
    module DogeCore.Types.Orders,
    EngineConfig (..),
    PairState (..),
    Event (..),
    Action (..),
    OrderSizes,
    History,
    eventTimestamp,
    consecutiveLosses,
    cycleOf,
    withCycle,
    initialState,
  )
where

import Data.Map.Strict (Map)
import Data.Text (Text)
import DogeCore.History (History, emptyHistory)
import DogeCore.Types.Literals
  ( Literal (..),
    ModeSource (..),
    Phase (..),
    RefreshDirection (..),
    Role (..),
    Side (..),
    TradeId (..),
    literals,
    oppositeSide,
  )
import DogeCore.Types.Orders (CycleRecord (..), OrderState (..), RecoveryOrder (..))

-- | Reference: @EngineConfig@.
data EngineConfig = EngineConfig
  { cfgEntryPct :: {-# UNPACK #-} !Double,
    cfgEntryPctA :: !(Maybe Double),
    cfgEntryPctB :: !(Maybe Double),
    cfgProfitPct :: {-# UNPACK #-} !Double,
    cfgRefreshPct :: {-# UNPACK #-} !Double,
    cfgOrderSizeUsd :: {-# UNPACK #-} !Double,
    cfgPriceDecimals :: {-# UNPACK #-} !Int,
    cfgVolumeDecimals :: {-# UNPACK #-} !Int,
    cfgMinVolume :: {-# UNPACK #-} !Double,
    cfgMinCostUsd :: {-# UNPACK #-} !Double,
    cfgMakerFeePct :: {-# UNPACK #-} !Double,
    cfgStalePriceMaxAgeSec :: {-# UNPACK #-} !Double,
    cfgS1OrphanAfterSec :: {-# UNPACK #-} !Double,
    cfgS2OrphanAfterSec :: {-# UNPACK #-} !Double,
    cfgLossBackoffStart :: {-# UNPACK #-} !Int,
    cfgLossCooldownStart :: {-# UNPACK #-} !Int,
    cfgLossCooldownSec :: {-# UNPACK #-} !Double,
    cfgReentryBaseCooldownSec :: {-# UNPACK #-} !Double,
    cfgBackoffFactor :: {-# UNPACK #-} !Double,
    cfgBackoffMaxMultiplier :: {-# UNPACK #-} !Double,
    cfgMaxConsecutiveRefreshes :: {-# UNPACK #-} !Int,
    cfgRefreshCooldownSec :: {-# UNPACK #-} !Double,
    cfgMaxRecoverySlots :: {-# UNPACK #-} !Int,
    cfgStickyModeEnabled :: !Bool
  }
  deriving (Eq, Show)

-- | Reference: @PairState@.
data PairState = PairState
  { psMarketPrice :: {-# UNPACK #-} !Double,
    psNow :: {-# UNPACK #-} !Double,
    psOrders :: ![OrderState],
    psRecoveryOrders :: ![RecoveryOrder],
    -- | Stored newest first; the cost of a step does not grow with its length.
    psCompletedCycles :: !History,
    psCycleA :: {-# UNPACK #-} !Int,
    psCycleB :: {-# UNPACK #-} !Int,
    psNextOrderId :: {-# UNPACK #-} !Int,
    psNextRecoveryId :: {-# UNPACK #-} !Int,
    psTotalProfit :: {-# UNPACK #-} !Double,
    psTotalSettledUsd :: {-# UNPACK #-} !Double,
    psTotalFees :: {-# UNPACK #-} !Double,
    psTodayRealizedLoss :: {-# UNPACK #-} !Double,
    psTotalRoundTrips :: {-# UNPACK #-} !Int,
    psS2EnteredAt :: !(Maybe Double),
    psLastPriceUpdateAt :: !(Maybe Double),
    psConsecutiveLossesA :: {-# UNPACK #-} !Int,
    psConsecutiveLossesB :: {-# UNPACK #-} !Int,
    psCooldownUntilA :: {-# UNPACK #-} !Double,
    psCooldownUntilB :: {-# UNPACK #-} !Double,
    psLongOnly :: !Bool,
    psShortOnly :: !Bool,
    psModeSource :: !ModeSource,
    psConsecutiveRefreshesA :: {-# UNPACK #-} !Int,
    psConsecutiveRefreshesB :: {-# UNPACK #-} !Int,
    psLastRefreshDirectionA :: !(Maybe RefreshDirection),
    psLastRefreshDirectionB :: !(Maybe RefreshDirection),
    psRefreshCooldownUntilA :: {-# UNPACK #-} !Double,
    psRefreshCooldownUntilB :: {-# UNPACK #-} !Double,
    psProfitPctRuntime :: {-# UNPACK #-} !Double
  }
  deriving (Eq, Show)

-- | Reference: the @Event@ union.
data Event
  = EvPriceTick
      { ptPrice :: {-# UNPACK #-} !Double,
        ptTimestamp :: {-# UNPACK #-} !Double
      }
  | EvTimerTick
      { ttTimestamp :: {-# UNPACK #-} !Double
      }
  | EvFill
      { flOrderLocalId :: {-# UNPACK #-} !Int,
        flTxid :: !Text,
        flSide :: !Side,
        flPrice :: {-# UNPACK #-} !Double,
        flVolume :: {-# UNPACK #-} !Double,
        flFee :: {-# UNPACK #-} !Double,
        flTimestamp :: {-# UNPACK #-} !Double
      }
  | EvRecoveryFill
      { rfRecoveryId :: {-# UNPACK #-} !Int,
        rfTxid :: !Text,
        rfSide :: !Side,
        rfPrice :: {-# UNPACK #-} !Double,
        rfVolume :: {-# UNPACK #-} !Double,
        rfFee :: {-# UNPACK #-} !Double,
        rfTimestamp :: {-# UNPACK #-} !Double
      }
  | EvRecoveryCancel
      { rcRecoveryId :: {-# UNPACK #-} !Int,
        rcTxid :: !Text,
        rcTimestamp :: {-# UNPACK #-} !Double
      }
  deriving (Eq, Show)

-- | Reference: the @Action@ union.
data Action
  = ActPlaceOrder
      { poLocalId :: {-# UNPACK #-} !Int,
        poSide :: !Side,
        poRole :: !Role,
        poPrice :: {-# UNPACK #-} !Double,
        poVolume :: {-# UNPACK #-} !Double,
        poTradeId :: !TradeId,
        poCycle :: {-# UNPACK #-} !Int,
        poPostOnly :: !Bool,
        poReason :: !Text
      }
  | ActCancelOrder
      { coLocalId :: {-# UNPACK #-} !Int,
        coTxid :: !Text,
        coReason :: !Text
      }
  | ActOrphanOrder
      { ooLocalId :: {-# UNPACK #-} !Int,
        ooRecoveryId :: {-# UNPACK #-} !Int,
        ooReason :: !Text
      }
  | ActBookCycle
      { bcTradeId :: !TradeId,
        bcCycle :: {-# UNPACK #-} !Int,
        bcNetProfit :: {-# UNPACK #-} !Double,
        bcGrossProfit :: {-# UNPACK #-} !Double,
        bcFees :: {-# UNPACK #-} !Double,
        bcFromRecovery :: !Bool
      }
  deriving (Eq, Show)

-- | Sizes in USD by trade; a trade that is absent uses the common size.
type OrderSizes = Map TradeId Double

-- | The time of an event, in seconds.
eventTimestamp :: Event -> Double
eventTimestamp = \case
  EvPriceTick {ptTimestamp = at} -> at
  EvTimerTick {ttTimestamp = at} -> at
  EvFill {flTimestamp = at} -> at
  EvRecoveryFill {rfTimestamp = at} -> at
  EvRecoveryCancel {rcTimestamp = at} -> at

-- | The trade's losses in a row.
consecutiveLosses :: PairState -> TradeId -> Int
consecutiveLosses st = \case
  TradeA -> psConsecutiveLossesA st
  TradeB -> psConsecutiveLossesB st

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

-- | The state with all defaults, at a market price and a time.
initialState :: Double -> Double -> PairState
initialState market now =
  PairState
    { psMarketPrice = market,
      psNow = now,
      psOrders = [],
      psRecoveryOrders = [],
      psCompletedCycles = emptyHistory,
      psCycleA = 1,
      psCycleB = 1,
      psNextOrderId = 1,
      psNextRecoveryId = 1,
      psTotalProfit = 0.0,
      psTotalSettledUsd = 0.0,
      psTotalFees = 0.0,
      psTodayRealizedLoss = 0.0,
      psTotalRoundTrips = 0,
      psS2EnteredAt = Nothing,
      psLastPriceUpdateAt = Nothing,
      psConsecutiveLossesA = 0,
      psConsecutiveLossesB = 0,
      psCooldownUntilA = 0.0,
      psCooldownUntilB = 0.0,
      psLongOnly = False,
      psShortOnly = False,
      psModeSource = ModeNone,
      psConsecutiveRefreshesA = 0,
      psConsecutiveRefreshesB = 0,
      psLastRefreshDirectionA = Nothing,
      psLastRefreshDirectionB = Nothing,
      psRefreshCooldownUntilA = 0.0,
      psRefreshCooldownUntilB = 0.0,
      psProfitPctRuntime = 1.0
    }
