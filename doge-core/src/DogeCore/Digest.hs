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
  ( Put (..),
    bytes,
    ensure,
    pokeDouble,
    pokeWord64,
    withPut,
    word64,
  )
import DogeCore.Types
  ( OrderState (..),
    PairState (..),
    RecoveryOrder (..),
  )
import DogeCore.XxHash (peek64, xxh64)
import Foreign.Ptr (Ptr, plusPtr)
import Foreign.Storable (poke)
import System.IO.Unsafe (unsafeDupablePerformIO)

-- | The digest of a state. Its cost does not depend on the number of completed
-- cycles. Reference: @state_digest@.
stateDigest :: PairState -> Word64
stateDigest st =
  unsafeDupablePerformIO $
    withPut stateRoom (packState st) (xxh64 (historyDigest (psCompletedCycles st)))

-- | The digest of a state, and a set of bits: which words of its packed scalars
-- differ from those of the state before it. The lowest bit stands for the first
-- word.
data Advance = Advance {-# UNPACK #-} !Word64 {-# UNPACK #-} !Word64

-- | The digest and the changed words of a state that follows another one.
digestAdvance :: PairState -> PairState -> Advance
digestAdvance before after =
  unsafeDupablePerformIO $
    withPut (scalarBytes + stateRoom) (packScalars before <> packState after) $ \p size -> do
      changed <- changedWords p (scalarBytes - 8) 0
      digest <- xxh64 (historyDigest (psCompletedCycles after)) (p `plusPtr` scalarBytes) (size - scalarBytes)
      pure (Advance digest changed)

-- Compare two blocks of scalars that lie one behind the other, from their ends.
changedWords :: Ptr Word8 -> Int -> Word64 -> IO Word64
changedWords p = go
  where
    go !at !changed
      | at < 0 = pure changed
      | otherwise = do
          old <- peek64 (p `plusPtr` at)
          new <- peek64 (p `plusPtr` (at + scalarBytes))
          if old == new then go (at - 8) (2 * changed) else go (at - 8) (2 * changed + 1)

-- | The number of words of the packed scalar fields.
scalarWords :: Int
scalarWords = 29
{-# INLINE scalarWords #-}

-- The number of bytes of the packed scalar fields.
scalarBytes :: Int
scalarBytes = 8 * scalarWords
{-# INLINE scalarBytes #-}

-- Initial room for a packed state, which suffices for a state with a usual book.
stateRoom :: Int
stateRoom = 1024
{-# INLINE stateRoom #-}

-- | The packed state. Reference: @pack@ and @state_digest@.
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
  p <- ensure scalarBytes sink p0
  taggedScalars st p
  plainScalars st p
  pure (p `plusPtr` scalarBytes)

-- The scalars by the number of their word, in contract order. Fields that may
-- have to be evaluated are packed in 'taggedScalars': around each evaluation all
-- other fields would have to be saved.
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
  p <- ensure beforeText sink p0
  plainOrder o p
  index p 1 (osSide o)
  index p 2 (osRole o)
  index p 5 (osTradeId o)
  q <- runPut (text (osTxid o)) sink (p `plusPtr` beforeText) >>= ensure behindText sink
  orderTimes o q
  pure (q `plusPtr` behindText)
  where
    beforeText = 7 * 8
    behindText = 4 * 8

plainOrder :: OrderState -> Ptr Word8 -> IO ()
plainOrder o p = do
  int p 0 (osLocalId o)
  float p 3 (osPrice o)
  float p 4 (osVolume o)
  int p 6 (osCycle o)
{-# NOINLINE plainOrder #-}

-- The fields behind the text.
orderTimes :: OrderState -> Ptr Word8 -> IO ()
orderTimes o p = do
  float p 0 (osPlacedAt o)
  float p 1 (osEntryPrice o)
  float p 2 (osEntryFee o)
  float p 3 (osEntryFilledAt o)
{-# NOINLINE orderTimes #-}

packRecovery :: RecoveryOrder -> Put
packRecovery o = Put $ \sink p0 -> do
  p <- ensure beforeTexts sink p0
  plainRecovery o p
  index p 1 (roSide o)
  index p 4 (roTradeId o)
  runPut (text (roTxid o) <> text (roReason o)) sink (p `plusPtr` beforeTexts)
  where
    beforeTexts = 10 * 8

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

-- Write a byte per character; the result says whether all of them are ASCII.
asciiText :: Text -> Ptr Word8 -> IO Bool
asciiText = T.foldr one (\_ -> pure True)
  where
    one c rest !p
      | c < '\x80' = poke p (fromIntegral (ord c)) >> rest (p `plusPtr` 1)
      | otherwise = pure False
