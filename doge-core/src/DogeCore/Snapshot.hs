-- | States as JSON, both ways. Reference: @reducer/snapshot.py@.
module DogeCore.Snapshot
  ( decodeState,
    patchState,
    encodeState,
  )
where

import DogeCore.Contract (pairState)
import DogeCore.Json.Schema (Decoded, Path, decodeFields, encodeObject, patchFields)
import DogeCore.Json.Value (Value)
import DogeCore.Put (Put)
import DogeCore.Types (PairState)

-- | Read a state that stands at a path; missing keys take their defaults, and
-- unknown ones are ignored. Reference: @read_state@.
decodeState :: Path -> Value -> Decoded PairState
decodeState = decodeFields pairState

-- | Read a patch that stands at a path, and apply it to a state. Reference:
-- @read_patch@ of @reducer/requests.py@.
patchState :: PairState -> Path -> Value -> Decoded PairState
patchState = patchFields pairState

-- | Write a state, fields in contract order. Reference: @encode@.
encodeState :: PairState -> Put
encodeState = encodeObject pairState
