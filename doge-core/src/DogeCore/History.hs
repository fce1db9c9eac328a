-- | Completed cycles, kept so that a step costs the same however many there
-- are: newest first, with their number and the chain of their digests.
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

-- | Number and digest decide, so that comparing never walks the records.
instance Eq History where
  History n d _ == History m e _ = n == m && d == e

instance Show History where
  showsPrec p = showsPrec p . historyCycles

-- | No cycle yet.
emptyHistory :: History
emptyHistory = History 0 0 []

-- | Book one more.
appendCycle :: CycleRecord -> History -> History
appendCycle r (History n d rs) = History (n + 1) (chain d r) (r : rs)

-- | How many cycles were booked.
historyCount :: History -> Int
historyCount (History n _ _) = n

-- | The chain of all digests: 0 for none.
historyDigest :: History -> Word64
historyDigest (History _ d _) = d

-- | Oldest first, as the contract lists them.
historyCycles :: History -> [CycleRecord]
historyCycles (History _ _ rs) = reverse rs

-- | The records that came after an earlier history, oldest first.
historySince :: History -> History -> [CycleRecord]
historySince (History before _ _) (History after _ rs) =
  reverse (take (after - before) rs)

-- | From records, oldest first.
historyFromList :: [CycleRecord] -> History
historyFromList = List.foldl' (flip appendCycle) emptyHistory

chain :: Word64 -> CycleRecord -> Word64
chain seed r = unsafeDupablePerformIO (withPut 88 (packCycle r) (xxh64 seed))

-- The contract's order, by hand: this module lies below the schema. The test
-- suite compares it with the schema's packing.
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
