-- | The contract as this port has it: every type with its fields, kinds and
-- defaults. Decoding, encoding, digests and @describe@ all come from here.
-- Reference: @reducer/contract.py@, which derives the same from the types of
-- @reducer/types.py@.
module DogeCore.Contract
  ( engineConfig,
    orderState,
    recoveryOrder,
    cycleRecord,
    pairState,
    priceTick,
    timerTick,
    fillEvent,
    recoveryFillEvent,
    recoveryCancelEvent,
    placeOrderAction,
    cancelOrderAction,
    orphanOrderAction,
    bookCycleAction,
    actionSchema,
    protocolVersion,
  )
where

import Data.Char (isSpace, ord)
import Data.Text (Text)
import qualified Data.Text as T
import DogeCore.History (emptyHistory)
import DogeCore.Json.Schema (Kind (..), Schema (..), field, fieldFrom, fieldOr)
import DogeCore.Types
  ( Action (..),
    CycleRecord (..),
    EngineConfig (..),
    Event (..),
    ModeSource (..),
    OrderState (..),
    PairState (..),
    RecoveryOrder (..),
  )

-- | The version of the wire.
protocolVersion :: Int
protocolVersion = 1

-- | Reference: @EngineConfig@.
engineConfig :: Schema EngineConfig
engineConfig =
  Schema "EngineConfig" $
    EngineConfig
      <$> fieldOr "entry_pct" KFloat 0.2 cfgEntryPct
      <*> fieldOr "entry_pct_a" (KMaybe KFloat) Nothing cfgEntryPctA
      <*> fieldOr "entry_pct_b" (KMaybe KFloat) Nothing cfgEntryPctB
      <*> fieldOr "profit_pct" KFloat 1.0 cfgProfitPct
      <*> fieldOr "refresh_pct" KFloat 1.0 cfgRefreshPct
      <*> fieldOr "order_size_usd" KFloat 2.0 cfgOrderSizeUsd
      <*> fieldOr "price_decimals" KInt 6 cfgPriceDecimals
      <*> fieldOr "volume_decimals" KInt 0 cfgVolumeDecimals
      <*> fieldOr "min_volume" KFloat 13.0 cfgMinVolume
      <*> fieldOr "min_cost_usd" KFloat 0.0 cfgMinCostUsd
      <*> fieldOr "maker_fee_pct" KFloat 0.25 cfgMakerFeePct
      <*> fieldOr "stale_price_max_age_sec" KFloat 60.0 cfgStalePriceMaxAgeSec
      <*> fieldOr "s1_orphan_after_sec" KFloat 1350.0 cfgS1OrphanAfterSec
      <*> fieldOr "s2_orphan_after_sec" KFloat 1800.0 cfgS2OrphanAfterSec
      <*> fieldOr "loss_backoff_start" KInt 3 cfgLossBackoffStart
      <*> fieldOr "loss_cooldown_start" KInt 5 cfgLossCooldownStart
      <*> fieldOr "loss_cooldown_sec" KFloat 900.0 cfgLossCooldownSec
      <*> fieldOr "reentry_base_cooldown_sec" KFloat 0.0 cfgReentryBaseCooldownSec
      <*> fieldOr "backoff_factor" KFloat 0.5 cfgBackoffFactor
      <*> fieldOr "backoff_max_multiplier" KFloat 5.0 cfgBackoffMaxMultiplier
      <*> fieldOr "max_consecutive_refreshes" KInt 3 cfgMaxConsecutiveRefreshes
      <*> fieldOr "refresh_cooldown_sec" KFloat 300.0 cfgRefreshCooldownSec
      <*> fieldOr "max_recovery_slots" KInt 2 cfgMaxRecoverySlots
      <*> fieldOr "sticky_mode_enabled" KBool False cfgStickyModeEnabled

-- | Reference: @OrderState@.
orderState :: Schema OrderState
orderState =
  Schema "OrderState" $
    OrderState
      <$> field "local_id" KInt osLocalId
      <*> field "side" KLiteral osSide
      <*> field "role" KLiteral osRole
      <*> field "price" KFinite osPrice
      <*> field "volume" KFinite osVolume
      <*> field "trade_id" KLiteral osTradeId
      <*> field "cycle" KInt osCycle
      <*> fieldOr "txid" KText "" osTxid
      <*> fieldOr "placed_at" KFinite 0.0 osPlacedAt
      <*> fieldOr "entry_price" KFinite 0.0 osEntryPrice
      <*> fieldOr "entry_fee" KFinite 0.0 osEntryFee
      <*> fieldOr "entry_filled_at" KFinite 0.0 osEntryFilledAt

-- | Reference: @RecoveryOrder@.
recoveryOrder :: Schema RecoveryOrder
recoveryOrder =
  Schema "RecoveryOrder" $
    RecoveryOrder
      <$> field "recovery_id" KInt roRecoveryId
      <*> field "side" KLiteral roSide
      <*> field "price" KFinite roPrice
      <*> field "volume" KFinite roVolume
      <*> field "trade_id" KLiteral roTradeId
      <*> field "cycle" KInt roCycle
      <*> field "entry_price" KFinite roEntryPrice
      <*> field "orphaned_at" KFinite roOrphanedAt
      <*> fieldOr "entry_fee" KFinite 0.0 roEntryFee
      <*> fieldOr "entry_filled_at" KFinite 0.0 roEntryFilledAt
      <*> fieldOr "txid" KText "" roTxid
      <*> fieldOr "reason" KText "stale" roReason

-- | Reference: @CycleRecord@.
cycleRecord :: Schema CycleRecord
cycleRecord =
  Schema "CycleRecord" $
    CycleRecord
      <$> field "trade_id" KLiteral crTradeId
      <*> field "cycle" KInt crCycle
      <*> field "entry_price" KFinite crEntryPrice
      <*> field "exit_price" KFinite crExitPrice
      <*> field "volume" KFinite crVolume
      <*> field "gross_profit" KFinite crGrossProfit
      <*> field "fees" KFinite crFees
      <*> field "net_profit" KFinite crNetProfit
      <*> fieldOr "entry_time" KFinite 0.0 crEntryTime
      <*> fieldOr "exit_time" KFinite 0.0 crExitTime
      <*> fieldOr "from_recovery" KBool False crFromRecovery

-- | Reference: @PairState@ and, for what older snapshots lack, @from_dict@.
pairState :: Schema PairState
pairState =
  Schema "PairState" $
    PairState
      <$> fieldFrom "market_price" [] KFinite Nothing 0.0 psMarketPrice
      <*> fieldFrom "now" [] KFinite Nothing 0.0 psNow
      <*> fieldOr "orders" (KList orderState) [] psOrders
      <*> fieldOr "recovery_orders" (KList recoveryOrder) [] psRecoveryOrders
      <*> fieldOr "completed_cycles" (KHistory cycleRecord) emptyHistory psCompletedCycles
      <*> fieldOr "cycle_a" KInt 1 psCycleA
      <*> fieldOr "cycle_b" KInt 1 psCycleB
      <*> fieldOr "next_order_id" KInt 1 psNextOrderId
      <*> fieldOr "next_recovery_id" KInt 1 psNextRecoveryId
      <*> fieldOr "total_profit" KFinite 0.0 psTotalProfit
      <*> fieldFrom "total_settled_usd" ["total_profit"] KFinite (Just 0.0) 0.0 psTotalSettledUsd
      <*> fieldOr "total_fees" KFinite 0.0 psTotalFees
      <*> fieldOr "today_realized_loss" KFinite 0.0 psTodayRealizedLoss
      <*> fieldOr "total_round_trips" KInt 0 psTotalRoundTrips
      <*> fieldOr "s2_entered_at" (KMaybe KFinite) Nothing psS2EnteredAt
      <*> fieldOr "last_price_update_at" (KMaybe KFinite) Nothing psLastPriceUpdateAt
      <*> fieldOr "consecutive_losses_a" KInt 0 psConsecutiveLossesA
      <*> fieldOr "consecutive_losses_b" KInt 0 psConsecutiveLossesB
      <*> fieldOr "cooldown_until_a" KCooldown 0.0 psCooldownUntilA
      <*> fieldOr "cooldown_until_b" KCooldown 0.0 psCooldownUntilB
      <*> fieldOr "long_only" KBool False psLongOnly
      <*> fieldOr "short_only" KBool False psShortOnly
      <*> fieldOr "mode_source" (KLenient stripLower ModeNone) ModeNone psModeSource
      <*> fieldOr "consecutive_refreshes_a" KInt 0 psConsecutiveRefreshesA
      <*> fieldOr "consecutive_refreshes_b" KInt 0 psConsecutiveRefreshesB
      <*> fieldOr "last_refresh_direction_a" (KMaybe KLiteral) Nothing psLastRefreshDirectionA
      <*> fieldOr "last_refresh_direction_b" (KMaybe KLiteral) Nothing psLastRefreshDirectionB
      <*> fieldOr "refresh_cooldown_until_a" KCooldown 0.0 psRefreshCooldownUntilA
      <*> fieldOr "refresh_cooldown_until_b" KCooldown 0.0 psRefreshCooldownUntilB
      <*> fieldFrom "profit_pct_runtime" ["profit_pct"] KFinite (Just 1.0) 1.0 psProfitPctRuntime

-- Python's @text.strip().lower()@. Python strips some controls that
-- 'isSpace' does not know.
stripLower :: Text -> Text
stripLower = T.toLower . T.dropAround pythonSpace
  where
    pythonSpace c = isSpace c || ord c `elem` [0x1C, 0x1D, 0x1E, 0x1F, 0x85, 0x2028, 0x2029]

-- | Reference: @PriceTick@.
priceTick :: Schema Event
priceTick =
  Schema "PriceTick" $
    EvPriceTick
      <$> field "price" KFinite ptPrice
      <*> field "timestamp" KFinite ptTimestamp

-- | Reference: @TimerTick@.
timerTick :: Schema Event
timerTick = Schema "TimerTick" $ EvTimerTick <$> field "timestamp" KFinite ttTimestamp

-- | Reference: @FillEvent@.
fillEvent :: Schema Event
fillEvent =
  Schema "FillEvent" $
    EvFill
      <$> field "order_local_id" KInt flOrderLocalId
      <*> field "txid" KText flTxid
      <*> field "side" KLiteral flSide
      <*> field "price" KFinite flPrice
      <*> field "volume" KFinite flVolume
      <*> field "fee" KFinite flFee
      <*> field "timestamp" KFinite flTimestamp

-- | Reference: @RecoveryFillEvent@.
recoveryFillEvent :: Schema Event
recoveryFillEvent =
  Schema "RecoveryFillEvent" $
    EvRecoveryFill
      <$> field "recovery_id" KInt rfRecoveryId
      <*> field "txid" KText rfTxid
      <*> field "side" KLiteral rfSide
      <*> field "price" KFinite rfPrice
      <*> field "volume" KFinite rfVolume
      <*> field "fee" KFinite rfFee
      <*> field "timestamp" KFinite rfTimestamp

-- | Reference: @RecoveryCancelEvent@.
recoveryCancelEvent :: Schema Event
recoveryCancelEvent =
  Schema "RecoveryCancelEvent" $
    EvRecoveryCancel
      <$> field "recovery_id" KInt rcRecoveryId
      <*> field "txid" KText rcTxid
      <*> field "timestamp" KFinite rcTimestamp

-- | Reference: @PlaceOrderAction@.
placeOrderAction :: Schema Action
placeOrderAction =
  Schema "PlaceOrderAction" $
    ActPlaceOrder
      <$> field "local_id" KInt poLocalId
      <*> field "side" KLiteral poSide
      <*> field "role" KLiteral poRole
      <*> field "price" KFinite poPrice
      <*> field "volume" KFinite poVolume
      <*> field "trade_id" KLiteral poTradeId
      <*> field "cycle" KInt poCycle
      <*> fieldOr "post_only" KBool True poPostOnly
      <*> fieldOr "reason" KText "" poReason

-- | Reference: @CancelOrderAction@.
cancelOrderAction :: Schema Action
cancelOrderAction =
  Schema "CancelOrderAction" $
    ActCancelOrder
      <$> field "local_id" KInt coLocalId
      <*> field "txid" KText coTxid
      <*> fieldOr "reason" KText "" coReason

-- | Reference: @OrphanOrderAction@.
orphanOrderAction :: Schema Action
orphanOrderAction =
  Schema "OrphanOrderAction" $
    ActOrphanOrder
      <$> field "local_id" KInt ooLocalId
      <*> field "recovery_id" KInt ooRecoveryId
      <*> field "reason" KText ooReason

-- | Reference: @BookCycleAction@.
bookCycleAction :: Schema Action
bookCycleAction =
  Schema "BookCycleAction" $
    ActBookCycle
      <$> field "trade_id" KLiteral bcTradeId
      <*> field "cycle" KInt bcCycle
      <*> field "net_profit" KFinite bcNetProfit
      <*> field "gross_profit" KFinite bcGrossProfit
      <*> field "fees" KFinite bcFees
      <*> fieldOr "from_recovery" KBool False bcFromRecovery

-- | The schema of an action's type.
actionSchema :: Action -> Schema Action
actionSchema = \case
  ActPlaceOrder {} -> placeOrderAction
  ActCancelOrder {} -> cancelOrderAction
  ActOrphanOrder {} -> orphanOrderAction
  ActBookCycle {} -> bookCycleAction

