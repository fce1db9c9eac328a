-- | States as JSON, both ways. Reference: @reducer/snapshot.py@.
module DogeCore.Snapshot
  ( decodeState,
    encodeState,
  )
where

import DogeCore.Contract (pairState)
import DogeCore.Json.Schema (Decoded, Path, decodeFields, encodeObject)
import DogeCore.Json.Value (Value)
import DogeCore.Put (Put)
import DogeCore.Types (PairState)

-- | Read a state that stands at a path; missing keys take their defaults, and
-- unknown ones are ignored. Reference: @read_state@.
decodeState :: Path -> Value -> Decoded PairState
decodeState = decodeFields pairState

-- | Write a state, fields in contract order. Reference: @encode@.
encodeState :: PairState -> Put
encodeState = encodeObject pairState
