-- | Prices and sizes. Every formula is evaluated in the order in which the
-- reference writes it. Reference: @reducer/pricing.py@; its @round_price@ is
-- 'pythonRound'.
module DogeCore.Pricing
  ( baseDistancePct,
    entryBackoffMultiplier,
    entryPrice,
    exitPrice,
    computeOrderVolume,
    sizeFor,
  )
where

import qualified Data.Map.Strict as Map
import DogeCore.PythonFloat (doubleOfInteger, isFinite, orElse, pyMax, pyMin, pythonRound, roundWhole)
import DogeCore.Types
  ( EngineConfig (..),
    OrderSizes,
    PairState (..),
    Side (..),
    TradeId (..),
    consecutiveLosses,
  )

-- | The distance of a trade's entry from the market, in percent.
-- Reference: @base_distance_pct@.
baseDistancePct :: EngineConfig -> TradeId -> Double
baseDistancePct cfg trade = case own of
  Just pct | pct > 0 -> pct
  Just _ -> cfgEntryPct cfg
  Nothing -> cfgEntryPct cfg
  where
    own = case trade of
      TradeA -> cfgEntryPctA cfg
      TradeB -> cfgEntryPctB cfg

-- | The factor by which losses in a row move an entry away from the market.
-- Reference: @entry_backoff_multiplier@.
--
-- The count is an 'Integer': the difference of two 64-bit ints may not fit.
entryBackoffMultiplier :: Int -> EngineConfig -> Double
entryBackoffMultiplier lossCount cfg
  | lossCount < cfgLossBackoffStart cfg = 1.0
  | otherwise =
      pyMin
        (cfgBackoffMaxMultiplier cfg)
        (1.0 + cfgBackoffFactor cfg * doubleOfInteger count)
  where
    count = toInteger lossCount - toInteger (cfgLossBackoffStart cfg) + 1

-- | The price of a new entry of this trade. Reference: @entry_price@.
entryPrice :: PairState -> EngineConfig -> Side -> TradeId -> Double
entryPrice st cfg side trade
  | price <= 0 = pythonRound (away (pct / 100.0)) (cfgPriceDecimals cfg)
  | otherwise = price
  where
    losses = consecutiveLosses st trade
    pct = baseDistancePct cfg trade
    mult = entryBackoffMultiplier losses cfg
    market = psMarketPrice st
    away p = case side of
      Buy -> market * (1 - p)
      Sell -> market * (1 + p)
    price = pythonRound (away ((pct * mult) / 100.0)) (cfgPriceDecimals cfg)

-- | The price of the exit after an entry was filled: the profit away from the
-- fill, and never on the wrong side of the market. Reference: @exit_price@.
exitPrice :: PairState -> EngineConfig -> Side -> Double -> Double
exitPrice st cfg side fillPrice = pythonRound wanted (cfgPriceDecimals cfg)
  where
    p = (psProfitPctRuntime st `orElse` cfgProfitPct cfg) / 100.0
    e = cfgEntryPct cfg / 100.0
    wanted = case side of
      Sell -> pyMax (fillPrice * (1 + p)) (psMarketPrice st * (1 + e))
      Buy -> pyMin (fillPrice * (1 - p)) (psMarketPrice st * (1 - e))

-- | The volume that a size in USD buys at a price, or 'Nothing' if the
-- exchange would refuse it. Reference: @compute_order_volume@.
computeOrderVolume :: Double -> EngineConfig -> Double -> Maybe Double
computeOrderVolume price cfg orderSizeUsd
  | price <= 0 || orderSizeUsd <= 0 = Nothing
  | cfgMinCostUsd cfg > 0 && orderSizeUsd < cfgMinCostUsd cfg = Nothing
  | not (isFinite raw) = Nothing
  | volume < cfgMinVolume cfg = Nothing
  | cfgMinCostUsd cfg > 0 && volume * price < cfgMinCostUsd cfg = Nothing
  | otherwise = Just volume
  where
    raw = orderSizeUsd / price
    volume
      | cfgVolumeDecimals cfg <= 0 = roundWhole raw
      | otherwise = pythonRound raw (cfgVolumeDecimals cfg)

-- | The size of a trade's next entry, in USD. Reference: @size_for@.
sizeFor :: TradeId -> Double -> Maybe OrderSizes -> Double
sizeFor trade common = \case
  Nothing -> common
  Just sizes -> Map.findWithDefault common trade sizes
