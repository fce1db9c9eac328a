-- | Completed cycles, newest first, with their number and the chain of their
-- digests, so that the cost of a step does not depend on how many there are.
-- Reference: @completed_cycles@ of @PairState@, and @cycles_digest@ of
-- @reducer/digest.py@.
module DogeCore.History
  ( History,
    emptyHistory,
    appendCycle,
    historyCount,
    historyDigest,
    historyCycles,
    historySince,
    historyFromList,
  )
where

import qualified Data.List as List
import Data.Word (Word64)
import DogeCore.Put (Put, double64, withPut, word64)
import DogeCore.Types.Literals (TradeId (..))
import DogeCore.Types.Orders (CycleRecord (..))
import DogeCore.XxHash (xxh64)
import System.IO.Unsafe (unsafeDupablePerformIO)

-- | The booked cycles of a pair.
data History = History {-# UNPACK #-} !Int {-# UNPACK #-} !Word64 ![CycleRecord]

-- | Two histories are equal if their numbers and digests are, so that comparing
-- never walks the records.
instance Eq History where
  History n d _ == History m e _ = n == m && d == e

instance Show History where
  showsPrec p = showsPrec p . historyCycles

-- | The history without any cycle.
emptyHistory :: History
emptyHistory = History 0 0 []

-- | Add a record as the newest one.
appendCycle :: CycleRecord -> History -> History
appendCycle r (History n d rs) = History (n + 1) (chain d r) (r : rs)

-- | The number of booked cycles.
historyCount :: History -> Int
historyCount (History n _ _) = n

-- | The chain of all digests; 0 if there is no record.
historyDigest :: History -> Word64
historyDigest (History _ d _) = d

-- | The records, oldest first, as the contract lists them.
historyCycles :: History -> [CycleRecord]
historyCycles (History _ _ rs) = reverse rs

-- | The records that came after an earlier history, oldest first.
historySince :: History -> History -> [CycleRecord]
historySince (History before _ _) (History after _ rs) =
  reverse (take (after - before) rs)

-- | The history of some records, oldest first.
historyFromList :: [CycleRecord] -> History
historyFromList = List.foldl' (flip appendCycle) emptyHistory

chain :: Word64 -> CycleRecord -> Word64
chain seed r = unsafeDupablePerformIO (withPut packedCycleSize (packCycle r) (xxh64 seed))

-- The size of a packed record in bytes: eleven words.
packedCycleSize :: Int
packedCycleSize = 11 * 8

-- The fields in contract order, written out because this module lies below the
-- schema. The test suite compares this with the schema's packing.
packCycle :: CycleRecord -> Put
packCycle r =
  word64 (case crTradeId r of TradeA -> 0; TradeB -> 1)
    <> word64 (fromIntegral (crCycle r))
    <> double (crEntryPrice r)
    <> double (crExitPrice r)
    <> double (crVolume r)
    <> double (crGrossProfit r)
    <> double (crFees r)
    <> double (crNetProfit r)
    <> double (crEntryTime r)
    <> double (crExitTime r)
    <> word64 (if crFromRecovery r then 1 else 0)
  where
    double = double64
