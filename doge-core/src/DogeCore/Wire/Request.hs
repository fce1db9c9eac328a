-- | The parts of a request, read in the order in which errors are reported.
-- Reference: @reducer/wire.py@.
module DogeCore.Wire.Request
  ( Method (..),
    readMethod,
    required,
    optional,
    readState,
    readPatch,
    readEvent,
    readConfig,
    readSize,
    readSizes,
    readSizing,
    readFlag,
    readNumber,
    readItems,
  )
where

import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import Data.List (find)
import qualified Data.Text as T
import Data.Text.Encoding (decodeUtf8)
import DogeCore.Json.Encode (dumpedText)
import DogeCore.Json.Schema
  ( DecodeError (..),
    Kind (..),
    Path (..),
    decodeKind,
    wrongType,
  )
import DogeCore.Json.Value (Member (..), Value (..), member)
import DogeCore.Orders (Sizing (..))
import DogeCore.Snapshot (decodeState, patchState)
import DogeCore.Types
  ( EngineConfig,
    Event,
    Literal (..),
    OrderSizes,
    PairState,
  )
import DogeCore.Wire.Codec (decodeConfig, decodeEvent, decodeSizes)
import DogeCore.Wire.Error
  ( Answer,
    ErrorKind (..),
    fromDecode,
    requestError,
    wireError,
  )

-- | The methods, in the order of the error sentence. Reference: @METHODS@.
data Method
  = Transition
  | CheckInvariants
  | DerivePhase
  | ComputeOrderVolume
  | BootstrapOrders
  | Describe
  | Replay
  | Step
  deriving (Eq, Show, Enum, Bounded)

instance Literal Method where
  literalName _ = "method"
  literalText = \case
    Transition -> "transition"
    CheckInvariants -> "check_invariants"
    DerivePhase -> "derive_phase"
    ComputeOrderVolume -> "compute_order_volume"
    BootstrapOrders -> "bootstrap_orders"
    Describe -> "describe"
    Replay -> "replay"
    Step -> "step"

-- | The method that a request names, of those that there are. Reference: @handle@.
readMethod :: [Method] -> [Member] -> Answer Method
readMethod methods members = case member "method" members of
  Nothing -> unknown "null"
  Just JNull -> unknown "null"
  Just (JString name) ->
    maybe (unknown (dumpedText (T.take shownCharacters (decodeUtf8 name)))) Right $
      find ((== name) . literalText) methods
  Just (JBroken _) -> requestError "method: must be valid Unicode"
  Just other -> either (requestError . decodeSentence) Right (wrongType (Root "method") "a string" other)
  where
    -- The most characters of an unknown name that the error quotes.
    shownCharacters = 40
    unknown shown =
      requestError $
        B.concat ["request: unknown method ", shown, "; known: ", B.intercalate ", " (map literalText methods)]

-- | A field of the request, or the error that it is missing. Reference:
-- @required@.
required :: ByteString -> [Member] -> Answer Value
required name members = case member name members of
  Just v -> Right v
  Nothing -> requestError (B.append name ": is missing")

-- | Read a field of the request, or take a default if it is absent.
optional :: ByteString -> (Value -> Answer a) -> a -> [Member] -> Answer a
optional name readValue absent members = maybe (Right absent) readValue (member name members)

-- | Read the state of a request. Reference: @read_request_state@.
readState :: Value -> Answer PairState
readState = fromDecode . decodeState (Root "state")

-- | The state that is held with what a patch gives. Reference: @read_patch@.
readPatch :: PairState -> Value -> Answer PairState
readPatch held = fromDecode . patchState held (Root "patch")

-- | Read an event, or answer the error that it is none. Reference:
-- @read_event@.
readEvent :: Value -> Answer Event
readEvent v = case decodeEvent v of
  Nothing -> Left (wireError TypeError "event: is no event")
  Just decoded -> fromDecode decoded

-- | Read the configuration of a request. Reference: @read_config@.
readConfig :: Value -> Answer EngineConfig
readConfig = fromDecode . decodeConfig

-- | Read the common size of entries, in USD.
readSize :: Value -> Answer Double
readSize = readNumber "order_size_usd"

-- | Read the sizes per trade, or null. Reference: @read_sizes@.
readSizes :: Value -> Answer (Maybe OrderSizes)
readSizes = fromDecode . decodeSizes

-- | Read the configuration and the sizes, all of which must be given but the
-- sizes per trade. Reference: @read_settings@.
readSizing :: [Member] -> Answer Sizing
readSizing members = do
  cfg <- required "config" members >>= readConfig
  size <- required "order_size_usd" members >>= readSize
  sizes <- optional "order_sizes" readSizes Nothing members
  Right (Sizing cfg size sizes)

-- | Read a boolean of the request.
readFlag :: ByteString -> Value -> Answer Bool
readFlag name = fromDecode . decodeKind KBool (Root name)

-- | Read a number of the request: any but NaN.
readNumber :: ByteString -> Value -> Answer Double
readNumber name = fromDecode . decodeKind KFloat (Root name)

-- | Read a list of the request.
readItems :: ByteString -> Value -> Answer [Value]
readItems name = \case
  JArray items -> Right items
  other -> fromDecode (wrongType (Root name) "a list" other)
