-- | The digest of a state: XXH64 over its packed fields, seeded with the
-- digest of its completed cycles. Reference: @reducer/digest.py@.
--
-- The packing is written out by hand, because it is a third of a step's cost;
-- the test suite compares it with the packing that the schema gives.
module DogeCore.Digest
  ( stateDigest,
    packState,
    packScalars,
  )
where

import qualified Data.ByteString as B
import Data.Text (Text)
import qualified Data.Text as T
import Data.Text.Encoding (encodeUtf8)
import Data.Word (Word64)
import DogeCore.History (historyCount, historyDigest)
import DogeCore.Put
import DogeCore.Types
import DogeCore.XxHash (xxh64)
import System.IO.Unsafe (unsafeDupablePerformIO)

-- | The digest; its cost does not depend on the number of completed cycles.
stateDigest :: PairState -> Word64
stateDigest st =
  unsafeDupablePerformIO $
    withPut 1024 (packState st) (xxh64 (historyDigest (psCompletedCycles st)))

-- | The packed state.
packState :: PairState -> Put
packState st =
  packScalars st
    <> word64 (fromIntegral (length (psOrders st)))
    <> each packOrder (psOrders st)
    <> word64 (fromIntegral (length (psRecoveryOrders st)))
    <> each packRecovery (psRecoveryOrders st)
    <> word64 (fromIntegral (historyCount (psCompletedCycles st)))

each :: (a -> Put) -> [a] -> Put
each pack items = Put $ \sink p0 ->
  let go [] p = pure p
      go (x : rest) p = runPut (pack x) sink p >>= go rest
   in go items p0
{-# INLINE each #-}

-- | The scalar fields alone, which come first.
packScalars :: PairState -> Put
packScalars st =
  reserve 232
    <> float (psMarketPrice st)
    <> float (psNow st)
    <> int (psCycleA st)
    <> int (psCycleB st)
    <> int (psNextOrderId st)
    <> int (psNextRecoveryId st)
    <> float (psTotalProfit st)
    <> float (psTotalSettledUsd st)
    <> float (psTotalFees st)
    <> float (psTodayRealizedLoss st)
    <> int (psTotalRoundTrips st)
    <> optional (psS2EnteredAt st)
    <> optional (psLastPriceUpdateAt st)
    <> int (psConsecutiveLossesA st)
    <> int (psConsecutiveLossesB st)
    <> float (psCooldownUntilA st)
    <> float (psCooldownUntilB st)
    <> index (psLongOnly st)
    <> index (psShortOnly st)
    <> index (psModeSource st)
    <> int (psConsecutiveRefreshesA st)
    <> int (psConsecutiveRefreshesB st)
    <> optionalIndex (psLastRefreshDirectionA st)
    <> optionalIndex (psLastRefreshDirectionB st)
    <> float (psRefreshCooldownUntilA st)
    <> float (psRefreshCooldownUntilB st)
    <> float (psProfitPctRuntime st)

packOrder :: OrderState -> Put
packOrder o =
  reserve 56
    <> int (osLocalId o)
    <> index (osSide o)
    <> index (osRole o)
    <> float (osPrice o)
    <> float (osVolume o)
    <> index (osTradeId o)
    <> int (osCycle o)
    <> text (osTxid o)
    <> reserve 32
    <> float (osPlacedAt o)
    <> float (osEntryPrice o)
    <> float (osEntryFee o)
    <> float (osEntryFilledAt o)

packRecovery :: RecoveryOrder -> Put
packRecovery o =
  reserve 80
    <> int (roRecoveryId o)
    <> index (roSide o)
    <> float (roPrice o)
    <> float (roVolume o)
    <> index (roTradeId o)
    <> int (roCycle o)
    <> float (roEntryPrice o)
    <> float (roOrphanedAt o)
    <> float (roEntryFee o)
    <> float (roEntryFilledAt o)
    <> text (roTxid o)
    <> text (roReason o)

float :: Double -> Put
float = reservedDouble
{-# INLINE float #-}

int :: Int -> Put
int n = reserved64 (fromIntegral n)
{-# INLINE int #-}

index :: Enum a => a -> Put
index x = reserved64 (fromIntegral (fromEnum x))
{-# INLINE index #-}

-- Null takes index 0, so the members move up by one.
optionalIndex :: Enum a => Maybe a -> Put
optionalIndex x = reserved64 (maybe 0 ((+ 1) . fromIntegral . fromEnum) x)
{-# INLINE optionalIndex #-}

optional :: Maybe Double -> Put
optional = \case
  Nothing -> reserved64 0 <> reserved64 0
  Just x -> reserved64 1 <> float x
{-# INLINE optional #-}

text :: Text -> Put
text t
  | T.null t = word64 0
  | otherwise = let s = encodeUtf8 t in word64 (fromIntegral (B.length s)) <> bytes s
