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
import DogeCore.Json.Schema (Kind (..), Schema (..), field, fieldFrom, fieldOr, sets)
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
      <$> field "local_id" KInt osLocalId `sets` (\r x -> r {osLocalId = x})
      <*> field "side" KLiteral osSide `sets` (\r x -> r {osSide = x})
      <*> field "role" KLiteral osRole `sets` (\r x -> r {osRole = x})
      <*> field "price" KFinite osPrice `sets` (\r x -> r {osPrice = x})
      <*> field "volume" KFinite osVolume `sets` (\r x -> r {osVolume = x})
      <*> field "trade_id" KLiteral osTradeId `sets` (\r x -> r {osTradeId = x})
      <*> field "cycle" KInt osCycle `sets` (\r x -> r {osCycle = x})
      <*> fieldOr "txid" KText "" osTxid `sets` (\r x -> r {osTxid = x})
      <*> fieldOr "placed_at" KFinite 0.0 osPlacedAt `sets` (\r x -> r {osPlacedAt = x})
      <*> fieldOr "entry_price" KFinite 0.0 osEntryPrice `sets` (\r x -> r {osEntryPrice = x})
      <*> fieldOr "entry_fee" KFinite 0.0 osEntryFee `sets` (\r x -> r {osEntryFee = x})
      <*> fieldOr "entry_filled_at" KFinite 0.0 osEntryFilledAt `sets` (\r x -> r {osEntryFilledAt = x})

-- | Reference: @RecoveryOrder@.
recoveryOrder :: Schema RecoveryOrder
recoveryOrder =
  Schema "RecoveryOrder" $
    RecoveryOrder
      <$> field "recovery_id" KInt roRecoveryId `sets` (\r x -> r {roRecoveryId = x})
      <*> field "side" KLiteral roSide `sets` (\r x -> r {roSide = x})
      <*> field "price" KFinite roPrice `sets` (\r x -> r {roPrice = x})
      <*> field "volume" KFinite roVolume `sets` (\r x -> r {roVolume = x})
      <*> field "trade_id" KLiteral roTradeId `sets` (\r x -> r {roTradeId = x})
      <*> field "cycle" KInt roCycle `sets` (\r x -> r {roCycle = x})
      <*> field "entry_price" KFinite roEntryPrice `sets` (\r x -> r {roEntryPrice = x})
      <*> field "orphaned_at" KFinite roOrphanedAt `sets` (\r x -> r {roOrphanedAt = x})
      <*> fieldOr "entry_fee" KFinite 0.0 roEntryFee `sets` (\r x -> r {roEntryFee = x})
      <*> fieldOr "entry_filled_at" KFinite 0.0 roEntryFilledAt `sets` (\r x -> r {roEntryFilledAt = x})
      <*> fieldOr "txid" KText "" roTxid `sets` (\r x -> r {roTxid = x})
      <*> fieldOr "reason" KText "stale" roReason `sets` (\r x -> r {roReason = x})

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
      <$> fieldFrom "market_price" [] KFinite Nothing 0.0 psMarketPrice `sets` (\r x -> r {psMarketPrice = x})
      <*> fieldFrom "now" [] KFinite Nothing 0.0 psNow `sets` (\r x -> r {psNow = x})
      <*> fieldOr "orders" (KList orderState) [] psOrders `sets` (\r x -> r {psOrders = x})
      <*> fieldOr "recovery_orders" (KList recoveryOrder) [] psRecoveryOrders `sets` (\r x -> r {psRecoveryOrders = x})
      <*> fieldOr "completed_cycles" (KHistory cycleRecord) emptyHistory psCompletedCycles
        `sets` (\r x -> r {psCompletedCycles = x})
      <*> fieldOr "cycle_a" KInt 1 psCycleA `sets` (\r x -> r {psCycleA = x})
      <*> fieldOr "cycle_b" KInt 1 psCycleB `sets` (\r x -> r {psCycleB = x})
      <*> fieldOr "next_order_id" KInt 1 psNextOrderId `sets` (\r x -> r {psNextOrderId = x})
      <*> fieldOr "next_recovery_id" KInt 1 psNextRecoveryId `sets` (\r x -> r {psNextRecoveryId = x})
      <*> fieldOr "total_profit" KFinite 0.0 psTotalProfit `sets` (\r x -> r {psTotalProfit = x})
      <*> fieldFrom "total_settled_usd" ["total_profit"] KFinite (Just 0.0) 0.0 psTotalSettledUsd
        `sets` (\r x -> r {psTotalSettledUsd = x})
      <*> fieldOr "total_fees" KFinite 0.0 psTotalFees `sets` (\r x -> r {psTotalFees = x})
      <*> fieldOr "today_realized_loss" KFinite 0.0 psTodayRealizedLoss `sets` (\r x -> r {psTodayRealizedLoss = x})
      <*> fieldOr "total_round_trips" KInt 0 psTotalRoundTrips `sets` (\r x -> r {psTotalRoundTrips = x})
      <*> fieldOr "s2_entered_at" (KMaybe KFinite) Nothing psS2EnteredAt `sets` (\r x -> r {psS2EnteredAt = x})
      <*> fieldOr "last_price_update_at" (KMaybe KFinite) Nothing psLastPriceUpdateAt
        `sets` (\r x -> r {psLastPriceUpdateAt = x})
      <*> fieldOr "consecutive_losses_a" KInt 0 psConsecutiveLossesA `sets` (\r x -> r {psConsecutiveLossesA = x})
      <*> fieldOr "consecutive_losses_b" KInt 0 psConsecutiveLossesB `sets` (\r x -> r {psConsecutiveLossesB = x})
      <*> fieldOr "cooldown_until_a" KCooldown 0.0 psCooldownUntilA `sets` (\r x -> r {psCooldownUntilA = x})
      <*> fieldOr "cooldown_until_b" KCooldown 0.0 psCooldownUntilB `sets` (\r x -> r {psCooldownUntilB = x})
      <*> fieldOr "long_only" KBool False psLongOnly `sets` (\r x -> r {psLongOnly = x})
      <*> fieldOr "short_only" KBool False psShortOnly `sets` (\r x -> r {psShortOnly = x})
      <*> fieldOr "mode_source" (KLenient stripLower ModeNone) ModeNone psModeSource `sets` (\r x -> r {psModeSource = x})
      <*> fieldOr "consecutive_refreshes_a" KInt 0 psConsecutiveRefreshesA `sets` (\r x -> r {psConsecutiveRefreshesA = x})
      <*> fieldOr "consecutive_refreshes_b" KInt 0 psConsecutiveRefreshesB `sets` (\r x -> r {psConsecutiveRefreshesB = x})
      <*> fieldOr "last_refresh_direction_a" (KMaybe KLiteral) Nothing psLastRefreshDirectionA
        `sets` (\r x -> r {psLastRefreshDirectionA = x})
      <*> fieldOr "last_refresh_direction_b" (KMaybe KLiteral) Nothing psLastRefreshDirectionB
        `sets` (\r x -> r {psLastRefreshDirectionB = x})
      <*> fieldOr "refresh_cooldown_until_a" KCooldown 0.0 psRefreshCooldownUntilA
        `sets` (\r x -> r {psRefreshCooldownUntilA = x})
      <*> fieldOr "refresh_cooldown_until_b" KCooldown 0.0 psRefreshCooldownUntilB
        `sets` (\r x -> r {psRefreshCooldownUntilB = x})
      <*> fieldFrom "profit_pct_runtime" ["profit_pct"] KFinite (Just 1.0) 1.0 psProfitPctRuntime
        `sets` (\r x -> r {psProfitPctRuntime = x})

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

