-- | What a step changed, written so that the client can redo it on its copy.
module DogeCore.Wire.Delta
  ( encodeDelta,
  )
where

import Data.ByteString (ByteString)
import DogeCore.Contract (cycleRecord, orderState, pairState, recoveryOrder)
import DogeCore.History (historyCount, historySince)
import DogeCore.Json (actionRow)
import qualified DogeCore.Json.Encode as E
import DogeCore.Json.Schema
import DogeCore.Put (Put, word8)
import DogeCore.Types

-- | The answer to a step: the digest of the new state, what changed from the
-- old one, and the actions.
encodeDelta :: ByteString -> PairState -> PairState -> [Action] -> Put
encodeDelta digest before after actions =
  E.raw "{\"digest\":" <> E.asciiText digest
    <> E.raw ",\"set\":{"
    <> changedScalars before after
    <> word8 125
    <> changedList "orders" orderState (psOrders before) (psOrders after)
    <> changedList "recovery_orders" recoveryOrder (psRecoveryOrders before) (psRecoveryOrders after)
    <> bookedCycles before after
    <> E.raw ",\"actions\":"
    <> word8 91
    <> E.commas actionRow actions
    <> E.raw "]}"

changedScalars :: PairState -> PairState -> Put
changedScalars before after = commas [f | f <- scalarFields, not (fieldSame f before after)]
  where
    commas = \case
      [] -> mempty
      changed -> encodeMembers changed after

scalarFields :: [Field PairState]
scalarFields = filter (not . fieldIsList) (fieldsOf pairState)

-- The new list, if it differs: an index into the old one, or a new item.
changedList :: ByteString -> Schema r -> [r] -> [r] -> Put
changedList name schema before after
  | same before after = mempty
  | otherwise = word8 44 <> E.pair name (E.list (map (place 0 before) after))
  where
    same [] [] = True
    same (x : xs) (y : ys) = sameRecord schema x y && same xs ys
    same [] (_ : _) = False
    same (_ : _) [] = False
    place i old new = case old of
      [] -> row schema new
      x : rest
        | sameRecord schema x new -> E.int i
        | otherwise -> place (i + 1) rest new

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
