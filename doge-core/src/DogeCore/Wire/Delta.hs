{-# LANGUAGE MagicHash #-}

-- | The changes of a step, written so that the client can repeat them on its
-- copy. Reference: @delta@ of @reducer/wire_session.py@.
module DogeCore.Wire.Delta
  ( encodeDelta,
  )
where

import Data.Array (Array, listArray)
import Data.Array.Base (unsafeAt)
import Data.Bits (complement, countTrailingZeros, unsafeShiftL, (.&.))
import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import Data.Word (Word64)
import DogeCore.Contract (cycleRecord, orderState, pairState, recoveryOrder)
import DogeCore.Digest (Advance (..), scalarWords)
import DogeCore.History (historyCount, historySince)
import qualified DogeCore.Json.Encode as E
import DogeCore.Json.Schema (Field (..), Schema, encodeRow, fieldsOf, sameRecord)
import DogeCore.Put (Put (..), bytes, char8, toBytes)
import DogeCore.Types (PairState (..), initialState)
import GHC.Exts (isTrue#, reallyUnsafePtrEquality#)

-- | The answer to a step: the digest of the new state, the differences from the
-- old one, and the actions, already written.
encodeDelta :: Advance -> PairState -> PairState -> Put -> Put
encodeDelta (Advance digest changed) before after actions =
  E.literal "{\"digest\":\""# <> E.hex digest
    <> E.literal "\",\"set\":{"#
    <> changedScalars changed after
    <> char8 '}'
    <> changedList "orders" orderState (psOrders before) (psOrders after)
    <> changedList "recovery_orders" recoveryOrder (psRecoveryOrders before) (psRecoveryOrders after)
    <> bookedCycles before after
    <> E.literal ",\"actions\":["#
    <> actions
    <> E.literal "]}"#

-- The fields to which the changed words belong.
changedScalars :: Word64 -> PairState -> Put
changedScalars words0 after = Put $ \sink p0 ->
  let go !changed p
        | changed == 0 = pure p
        | otherwise = do
            let Packed f own = packedFields `unsafeAt` countTrailingZeros changed
                rest = changed .&. complement own
            q <- runPut (bytes (fieldKey f) <> fieldJson f after) sink p
            if rest == 0 then pure q else runPut (char8 ',') sink q >>= go rest
   in go words0 p0

-- A scalar field and the words of the packing that hold it.
data Packed = Packed !(Field PairState) !Word64

-- The field that each word of the packing belongs to.
packedFields :: Array Int Packed
packedFields = listArray (0, scalarWords - 1) (concat (zipWith every scalarFields (scanl (+) 0 sizes)))
  where
    sizes = map size scalarFields
    size f = B.length (toBytes (fieldPack f (initialState 0 0))) `quot` 8
    every f from =
      let n = size f
       in replicate n (Packed f (((1 `unsafeShiftL` n) - 1) `unsafeShiftL` from))

scalarFields :: [Field PairState]
scalarFields = filter (not . fieldIsList) (fieldsOf pairState)

-- The new list, if it differs: each item is an index into the old list or a new
-- row. Reference: @_merge_list@.
changedList :: ByteString -> Schema r -> [r] -> [r] -> Put
changedList name schema before after
  | one before after || same before after = mempty
  | otherwise = char8 ',' <> E.pair name (char8 '[' <> E.commas (place 0 before) after <> char8 ']')
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

-- True only if two values are one object in memory, and therefore equal. Equal
-- values that are two objects are left to the slow comparison.
one :: a -> a -> Bool
one !x !y = isTrue# (reallyUnsafePtrEquality# x y)
{-# INLINE one #-}

row :: Schema r -> r -> Put
row schema r = char8 '[' <> encodeRow schema r <> char8 ']'

bookedCycles :: PairState -> PairState -> Put
bookedCycles before after
  | historyCount old == historyCount new = mempty
  | otherwise =
      E.raw ",\"completed_cycles\":["
        <> E.commas (row cycleRecord) (historySince old new)
        <> char8 ']'
  where
    old = psCompletedCycles before
    new = psCompletedCycles after
