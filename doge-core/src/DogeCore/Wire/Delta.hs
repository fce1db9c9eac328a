{-# LANGUAGE MagicHash #-}

-- | What a step changed, written so that the client can redo it on its copy.
module DogeCore.Wire.Delta
  ( encodeDelta,
  )
where

import Data.Array (Array, listArray)
import Data.Array.Base (unsafeAt)
import Data.Bits (complement, countTrailingZeros, unsafeShiftL, (.&.), (.|.))
import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import Data.Word (Word64, Word8)
import DogeCore.Contract (cycleRecord, orderState, pairState, recoveryOrder)
import DogeCore.Digest (packScalars)
import DogeCore.History (historyCount, historySince)
import DogeCore.Json (actionRow)
import qualified DogeCore.Json.Encode as E
import DogeCore.Json.Schema
import DogeCore.Put
import DogeCore.Types
import DogeCore.XxHash (peek64)
import Foreign.Ptr (Ptr, plusPtr)
import GHC.Exts (isTrue#, reallyUnsafePtrEquality#)

-- | The answer to a step: the digest of the new state, what changed from the
-- old one, and the actions.
encodeDelta :: Word64 -> PairState -> PairState -> [Action] -> Put
encodeDelta digest before after actions =
  E.raw "{\"digest\":\"" <> E.hex digest
    <> E.raw "\",\"set\":{"
    <> changedScalars before after
    <> word8 125
    <> changedList "orders" orderState (psOrders before) (psOrders after)
    <> changedList "recovery_orders" recoveryOrder (psRecoveryOrders before) (psRecoveryOrders after)
    <> bookedCycles before after
    <> E.raw ",\"actions\":["
    <> E.commas actionRow actions
    <> E.raw "]}"

-- Both are packed as for the digest, where the output will go, and compared
-- word by word.
changedScalars :: PairState -> PairState -> Put
changedScalars before after = Put $ \sink p0 -> do
  p <- ensure (2 * scalarBytes) sink p0
  _ <- runPut (packScalars before <> packScalars after) sink p
  changed <- changedWords p (scalarBytes - 8) 0
  runPut (members changed) sink p
  where
    members changed
      | changed == 0 = mempty
      | otherwise = first changed <> further (changed .&. complement (wordsOf changed))
    further changed
      | changed == 0 = mempty
      | otherwise = word8 44 <> members changed
    first changed = let f = packedField (packedAt changed) in bytes (fieldKey f) <> fieldJson f after
    wordsOf = packedWords . packedAt
    packedAt changed = packedFields `unsafeAt` countTrailingZeros changed

-- The words that differ, as bits: the first word is the lowest one.
changedWords :: Ptr Word8 -> Int -> Word64 -> IO Word64
changedWords p = go
  where
    go !at !changed
      | at < 0 = pure changed
      | otherwise = do
          old <- peek64 (p `plusPtr` at)
          new <- peek64 (p `plusPtr` (at + scalarBytes))
          go (at - 8) (changed + changed .|. (if old == new then 0 else 1))

-- A scalar field and the words of the packing that hold it.
data Packed = Packed {packedField :: !(Field PairState), packedWords :: !Word64}

-- For every word of the packing the field that it belongs to. A state has
-- fewer than 64 scalars.
packedFields :: Array Int Packed
packedFields = listArray (0, length packed - 1) packed
  where
    packed = concat (zipWith every scalarFields (scanl (+) 0 sizes))
    sizes = map size scalarFields
    size f = B.length (toBytes (fieldPack f (initialState 0 0))) `quot` 8
    every f from =
      let n = size f
       in replicate n (Packed f (((1 `unsafeShiftL` n) - 1) `unsafeShiftL` from))

scalarBytes :: Int
scalarBytes = 8 * length packedFields

scalarFields :: [Field PairState]
scalarFields = filter (not . fieldIsList) (fieldsOf pairState)

-- The new list, if it differs: an index into the old one, or a new item.
changedList :: ByteString -> Schema r -> [r] -> [r] -> Put
changedList name schema before after
  | one before after || same before after = mempty
  | otherwise = word8 44 <> E.pair name (word8 91 <> E.commas (place 0 before) after <> word8 93)
  where
    same [] [] = True
    same (x : xs) (y : ys) = alike x y && same xs ys
    same [] (_ : _) = False
    same (_ : _) [] = False
    place i old new = case old of
      [] -> row schema new
      x : rest
        | alike x new -> E.int i
        | otherwise -> place (i + 1) rest new
    alike x y = one x y || sameRecord schema x y

-- Whether two values are one in memory, and so the same. What is equal but
-- not one is left to the slow comparison.
one :: a -> a -> Bool
one !x !y = isTrue# (reallyUnsafePtrEquality# x y)
{-# INLINE one #-}

row :: Schema r -> r -> Put
row schema r = word8 91 <> encodeRow schema r <> word8 93

bookedCycles :: PairState -> PairState -> Put
bookedCycles before after
  | historyCount old == historyCount new = mempty
  | otherwise =
      E.raw ",\"completed_cycles\":["
        <> E.commas (row cycleRecord) (historySince old new)
        <> word8 93
  where
    old = psCompletedCycles before
    new = psCompletedCycles after
