-- | The parts of a request, read in the order in which errors are reported.
module DogeCore.Wire.Request
  ( Method (..),
    readMethod,
    required,
    optional,
    readState,
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
import DogeCore.Json
import DogeCore.Json.Encode (dumpedText)
import DogeCore.Json.Schema
import DogeCore.Json.Value (Member (..), Value (..), member)
import DogeCore.Transition (Sizing (..))
import DogeCore.Types
import DogeCore.Wire.Error

-- | What a request may ask for, in the order of the error sentence.
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

-- | Which method a request names.
readMethod :: [Member] -> Answer Method
readMethod members = case member "method" members of
  Nothing -> unknown "null"
  Just JNull -> unknown "null"
  Just (JString name) ->
    maybe (unknown (dumpedText (T.take 40 (decodeUtf8 name)))) Right $
      find ((== name) . literalText) (Step : methods) -- the usual one first
  Just (JBroken _) -> requestError "method: must be valid Unicode"
  Just other -> either (requestError . decodeSentence) Right (wrongType (Root "method") "a string" other)
  where
    methods = literals
    unknown shown =
      requestError $
        B.concat ["request: unknown method ", shown, "; known: ", B.intercalate ", " (map literalText methods)]

-- | A field of the request, or the error that it is missing.
required :: ByteString -> [Member] -> Answer Value
required name members = case member name members of
  Just v -> Right v
  Nothing -> requestError (B.append name ": is missing")

-- | Read a field if it is there.
optional :: ByteString -> (Value -> Answer a) -> a -> [Member] -> Answer a
optional name readValue absent members = maybe (Right absent) readValue (member name members)

-- | The request's state.
readState :: Value -> Answer PairState
readState = fromDecode . decodeState (Root "state")

-- | An event, or the error that it is none.
readEvent :: Value -> Answer Event
readEvent v = case decodeEvent v of
  Nothing -> Left (WireError TypeError "event: is no event")
  Just decoded -> fromDecode decoded

-- | The request's configuration.
readConfig :: Value -> Answer EngineConfig
readConfig = fromDecode . decodeConfig

-- | The common size in USD.
readSize :: Value -> Answer Double
readSize = readNumber "order_size_usd"

-- | The sizes per trade, or null.
readSizes :: Value -> Answer (Maybe OrderSizes)
readSizes = fromDecode . decodeSizes

-- | Configuration and sizes, which must be given.
readSizing :: [Member] -> Answer Sizing
readSizing members = do
  cfg <- required "config" members >>= readConfig
  size <- required "order_size_usd" members >>= readSize
  sizes <- optional "order_sizes" readSizes Nothing members
  Right (Sizing cfg size sizes)

-- | A boolean of the request.
readFlag :: ByteString -> Value -> Answer Bool
readFlag name = fromDecode . decodeKind KBool (Root name)

-- | A number of the request: any but NaN.
readNumber :: ByteString -> Value -> Answer Double
readNumber name = fromDecode . decodeKind KFloat (Root name)

-- | A list of the request.
readItems :: ByteString -> Value -> Answer [Value]
readItems name = \case
  JArray items -> Right items
  other -> fromDecode (wrongType (Root name) "a list" other)
