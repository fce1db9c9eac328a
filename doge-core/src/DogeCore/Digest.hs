-- | The digest of a state: XXH64 over its packed fields, seeded with the
-- digest of its completed cycles. Reference: @reducer/digest.py@.
module DogeCore.Digest
  ( stateDigest,
    packState,
  )
where

import Data.Word (Word64)
import DogeCore.Contract (orderState, pairState, recoveryOrder)
import DogeCore.History (historyCount, historyDigest)
import DogeCore.Json.Schema
import DogeCore.Put (Put, withPut, word64)
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
  packFields scalarFields st
    <> packList orderState (psOrders st)
    <> packList recoveryOrder (psRecoveryOrders st)
    <> packInt (historyCount (psCompletedCycles st))

scalarFields :: [Field PairState]
scalarFields = filter (not . fieldIsList) (recordFields (schemaRecord pairState))

packList :: Schema r -> [r] -> Put
packList schema items = packInt (length items) <> foldMap (packFields fields) items
  where
    fields = recordFields (schemaRecord schema)

packInt :: Int -> Put
packInt = word64 . fromIntegral
