-- | The digest of a state: XXH64 over its packed fields, seeded with the
-- digest of its completed cycles. Reference: @reducer/digest.py@.
--
-- The packing is written out by hand, because it is a third of a step's cost;
-- the test suite compares it with the packing that the schema gives.
module DogeCore.Digest
  ( stateDigest,
    Advance (..),
    digestAdvance,
    packState,
    scalarWords,
  )
where

import qualified Data.ByteString as B
import Data.Char (ord)
import Data.Text (Text)
import qualified Data.Text as T
import Data.Text.Encoding (encodeUtf8)
import Data.Word (Word64, Word8)
import DogeCore.History (historyCount, historyDigest)
import DogeCore.Put
import DogeCore.Types
import DogeCore.XxHash (peek64, xxh64)
import Foreign.Ptr (Ptr, plusPtr)
import Foreign.Storable (poke)
import System.IO.Unsafe (unsafeDupablePerformIO)

-- | The digest; its cost does not depend on the number of completed cycles.
stateDigest :: PairState -> Word64
stateDigest st =
  unsafeDupablePerformIO $
    withPut 1024 (packState st) (xxh64 (historyDigest (psCompletedCycles st)))

-- | The digest of a state, and in which words its packed scalars differ from
-- those of the state before it: the lowest bit stands for the first word.
data Advance = Advance {-# UNPACK #-} !Word64 {-# UNPACK #-} !Word64

-- | From the state before to the state after.
digestAdvance :: PairState -> PairState -> Advance
digestAdvance before after =
  unsafeDupablePerformIO $
    withPut 1280 (packScalars before <> packState after) $ \p size -> do
      changed <- changedWords p (8 * scalarWords - 8) 0
      digest <- xxh64 (historyDigest (psCompletedCycles after)) (p `plusPtr` (8 * scalarWords)) (size - 8 * scalarWords)
      pure (Advance digest changed)

-- Two blocks of scalars, one behind the other, compared from their ends.
changedWords :: Ptr Word8 -> Int -> Word64 -> IO Word64
changedWords p = go
  where
    go !at !changed
      | at < 0 = pure changed
      | otherwise = do
          old <- peek64 (p `plusPtr` at)
          new <- peek64 (p `plusPtr` (at + 8 * scalarWords))
          if old == new then go (at - 8) (2 * changed) else go (at - 8) (2 * changed + 1)

-- | How many words the scalar fields take.
scalarWords :: Int
scalarWords = 29
{-# INLINE scalarWords #-}

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

packScalars :: PairState -> Put
packScalars st = Put $ \sink p0 -> do
  p <- ensure (8 * scalarWords) sink p0
  taggedScalars st p
  plainScalars st p
  pure (p `plusPtr` (8 * scalarWords))

-- Every scalar by the number of its word, in contract order. What may have to
-- be evaluated is packed apart: around each evaluation all else would have to
-- be saved.
plainScalars :: PairState -> Ptr Word8 -> IO ()
plainScalars st p = do
  float p 0 (psMarketPrice st)
  float p 1 (psNow st)
  int p 2 (psCycleA st)
  int p 3 (psCycleB st)
  int p 4 (psNextOrderId st)
  int p 5 (psNextRecoveryId st)
  float p 6 (psTotalProfit st)
  float p 7 (psTotalSettledUsd st)
  float p 8 (psTotalFees st)
  float p 9 (psTodayRealizedLoss st)
  int p 10 (psTotalRoundTrips st)
  int p 15 (psConsecutiveLossesA st)
  int p 16 (psConsecutiveLossesB st)
  float p 17 (psCooldownUntilA st)
  float p 18 (psCooldownUntilB st)
  int p 22 (psConsecutiveRefreshesA st)
  int p 23 (psConsecutiveRefreshesB st)
  float p 26 (psRefreshCooldownUntilA st)
  float p 27 (psRefreshCooldownUntilB st)
  float p 28 (psProfitPctRuntime st)
{-# NOINLINE plainScalars #-}

taggedScalars :: PairState -> Ptr Word8 -> IO ()
taggedScalars st p = do
  optional p 11 (psS2EnteredAt st)
  optional p 13 (psLastPriceUpdateAt st)
  index p 19 (psLongOnly st)
  index p 20 (psShortOnly st)
  index p 21 (psModeSource st)
  optionalIndex p 24 (psLastRefreshDirectionA st)
  optionalIndex p 25 (psLastRefreshDirectionB st)
{-# NOINLINE taggedScalars #-}

packOrder :: OrderState -> Put
packOrder o = Put $ \sink p0 -> do
  p <- ensure 56 sink p0
  plainOrder o p
  index p 1 (osSide o)
  index p 2 (osRole o)
  index p 5 (osTradeId o)
  q <- runPut (text (osTxid o)) sink (p `plusPtr` 56) >>= ensure 32 sink
  orderTimes o q
  pure (q `plusPtr` 32)

plainOrder :: OrderState -> Ptr Word8 -> IO ()
plainOrder o p = do
  int p 0 (osLocalId o)
  float p 3 (osPrice o)
  float p 4 (osVolume o)
  int p 6 (osCycle o)
{-# NOINLINE plainOrder #-}

-- What follows the text.
orderTimes :: OrderState -> Ptr Word8 -> IO ()
orderTimes o p = do
  float p 0 (osPlacedAt o)
  float p 1 (osEntryPrice o)
  float p 2 (osEntryFee o)
  float p 3 (osEntryFilledAt o)
{-# NOINLINE orderTimes #-}

packRecovery :: RecoveryOrder -> Put
packRecovery o = Put $ \sink p0 -> do
  p <- ensure 80 sink p0
  plainRecovery o p
  index p 1 (roSide o)
  index p 4 (roTradeId o)
  runPut (text (roTxid o) <> text (roReason o)) sink (p `plusPtr` 80)

plainRecovery :: RecoveryOrder -> Ptr Word8 -> IO ()
plainRecovery o p = do
  int p 0 (roRecoveryId o)
  float p 2 (roPrice o)
  float p 3 (roVolume o)
  int p 5 (roCycle o)
  float p 6 (roEntryPrice o)
  float p 7 (roOrphanedAt o)
  float p 8 (roEntryFee o)
  float p 9 (roEntryFilledAt o)
{-# NOINLINE plainRecovery #-}

float :: Ptr Word8 -> Int -> Double -> IO ()
float p n = pokeDouble (p `plusPtr` (8 * n))
{-# INLINE float #-}

int :: Ptr Word8 -> Int -> Int -> IO ()
int p n x = pokeWord64 (p `plusPtr` (8 * n)) (fromIntegral x)
{-# INLINE int #-}

index :: Enum a => Ptr Word8 -> Int -> a -> IO ()
index p n x = int p n (fromEnum x)
{-# INLINE index #-}

-- Null takes index 0, so the members move up by one.
optionalIndex :: Enum a => Ptr Word8 -> Int -> Maybe a -> IO ()
optionalIndex p n = \case
  Nothing -> int p n 0
  Just x -> int p n (fromEnum x + 1)
{-# INLINE optionalIndex #-}

optional :: Ptr Word8 -> Int -> Maybe Double -> IO ()
optional p n = \case
  Nothing -> int p n 0 >> int p (n + 1) 0
  Just x -> int p n 1 >> float p (n + 1) x
{-# INLINE optional #-}

text :: Text -> Put
text t
  | T.null t = word64 0
  | otherwise = Put $ \sink p0 -> do
      let size = T.length t
      p <- ensure (8 + size) sink p0
      pokeWord64 p (fromIntegral size)
      ascii <- asciiText t (p `plusPtr` 8)
      if ascii then pure (p `plusPtr` (8 + size)) else runPut general sink p
  where
    general = let s = encodeUtf8 t in word64 (fromIntegral (B.length s)) <> bytes s

-- Write a byte per character; whether all of them are ASCII.
asciiText :: Text -> Ptr Word8 -> IO Bool
asciiText = T.foldr one (\_ -> pure True)
  where
    one c rest !p
      | c < '\x80' = poke p (fromIntegral (ord c)) >> rest (p `plusPtr` 1)
      | otherwise = pure False
