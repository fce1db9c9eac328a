-- | The reducer's types as JSON, both ways. The page is @docs/wire.md@, the
-- reference @reducer/snapshot.py@ and @reducer/wire.py@.
module DogeCore.Json
  ( decodeState,
    decodeConfig,
    decodeEvent,
    decodeSizes,
    encodeState,
    encodeAction,
    actionRow,
    describe,
  )
where

import Data.ByteString (ByteString)
import Data.List (sortOn)
import qualified Data.Map.Strict as Map
import Data.Maybe (isJust)
import Data.Proxy (Proxy (..))
import DogeCore.Contract
import qualified DogeCore.Json.Encode as E
import DogeCore.Json.Schema
import DogeCore.Json.Value (Member (..), Value (..), member)
import DogeCore.Put (Put, toBytes, word8)
import DogeCore.Types
import DogeCore.XxHash (hex16, xxh64Bytes)

-- | Read a state. Reference: @read_state@.
decodeState :: Path -> Value -> Decoded PairState
decodeState = decodeFields pairState

-- | Read a configuration; unknown fields are refused. Reference:
-- @read_config@.
decodeConfig :: Value -> Decoded EngineConfig
decodeConfig = \case
  JObject members -> decodeStrict [] engineConfig (Root "cfg") members
  other -> wrongType (Root "cfg") "an object" other

-- | Read an event by its @_type@, or without one by its fields; nothing where
-- it is no event at all. Reference: @read_event@.
decodeEvent :: Value -> Maybe (Decoded Event)
decodeEvent = \case
  JObject members -> read' members <$> eventSchema members
  JNull -> Nothing
  JBool _ -> Nothing
  JInt _ -> Nothing
  JBig _ -> Nothing
  JFloat _ -> Nothing
  JString _ -> Nothing
  JBroken _ -> Nothing
  JArray _ -> Nothing
  where
    read' members schema = decodeStrict ["_type"] schema (Root "event") members

eventSchema :: [Member] -> Maybe (Schema Event)
eventSchema members = case member "_type" members of
  Just (JString name) -> case name of
    "PriceTick" -> Just priceTick
    "TimerTick" -> Just timerTick
    "FillEvent" -> Just fillEvent
    "RecoveryFillEvent" -> Just recoveryFillEvent
    "RecoveryCancelEvent" -> Just recoveryCancelEvent
    _ -> Nothing
  Just _ -> Nothing
  Nothing
    | has "order_local_id" -> Just fillEvent
    | has "recovery_id" -> Just (if has "price" then recoveryFillEvent else recoveryCancelEvent)
    | has "price" -> Just priceTick
    | has "timestamp" -> Just timerTick
    | otherwise -> Nothing
  where
    has key = isJust (member key members)

-- | Read the sizes per trade, or null. Every value is checked; a key that is
-- no trade is never looked up, so it is dropped. Reference: @read_sizes@.
decodeSizes :: Value -> Decoded (Maybe OrderSizes)
decodeSizes = \case
  JNull -> Right Nothing
  JObject members -> do
    sizes <- mapM size (reverse members)
    Right (Just (Map.fromList (concat sizes)))
  other -> wrongType (Root "order_sizes") "an object" other
  where
    size (Member key v) = do
      x <- decodeKind KFloat (Dot (Root "order_sizes") key) v
      Right [(trade, x) | trade <- literals, literalText trade == key]

-- | Write a state, fields in contract order. Reference: @encode@.
encodeState :: PairState -> Put
encodeState = encodeObject pairState

-- | Write an action with its type, first. Reference: @tagged@.
encodeAction :: Action -> Put
encodeAction a =
  E.raw "{\"_type\":" <> E.asciiText (schemaName schema) <> word8 44
    <> encodeMembers (fieldsOf schema) a
    <> word8 125
  where
    schema = actionSchema a

-- | Write an action as a row: its type, then its values.
actionRow :: Action -> Put
actionRow a =
  word8 91 <> E.asciiText (schemaName schema) <> word8 44 <> encodeRow schema a <> word8 93
  where
    schema = actionSchema a

-- | What this port is, with its own view of the contract.
describe :: Put
describe =
  E.object
    [ ("subject", E.asciiText "reducer"),
      ("port", E.asciiText "haskell"),
      ("version", E.asciiText "0.1.0"),
      ("protocol", E.int protocolVersion),
      ("contract", E.raw canonical),
      ("contract_hash", E.asciiText (hex16 (xxh64Bytes 0 canonical)))
    ]
  where
    canonical = toBytes contractView

-- Keys sorted, no spaces: what the hash is taken of.
contractView :: Put
contractView =
  sorted
    [ ("protocol", E.int protocolVersion),
      ("literals", sorted literalViews),
      ("types", sorted typeViews)
    ]

sorted :: [(ByteString, Put)] -> Put
sorted = E.object . sortOn fst

literalViews :: [(ByteString, Put)]
literalViews =
  [ view (Proxy :: Proxy Side),
    view (Proxy :: Proxy Role),
    view (Proxy :: Proxy TradeId),
    view (Proxy :: Proxy Phase),
    view (Proxy :: Proxy ModeSource),
    view (Proxy :: Proxy RefreshDirection)
  ]
  where
    view :: Literal a => Proxy a -> (ByteString, Put)
    view proxy = (literalName proxy, E.list [E.asciiText (literalText x) | x <- members proxy])
    members :: Literal a => Proxy a -> [a]
    members _ = literals

typeViews :: [(ByteString, Put)]
typeViews =
  [ view engineConfig,
    view orderState,
    view recoveryOrder,
    view cycleRecord,
    view pairState
  ]
    ++ map view [priceTick, timerTick, fillEvent, recoveryFillEvent, recoveryCancelEvent]
    ++ map view [placeOrderAction, cancelOrderAction, orphanOrderAction, bookCycleAction]
  where
    view :: Schema r -> (ByteString, Put)
    view schema = (schemaName schema, E.list (map row (fieldsOf schema)))
    row f =
      word8 91
        <> E.commas id (E.asciiText (fieldName f) : E.asciiText (fieldKind f) : maybe [] pure (fieldDefault f))
        <> word8 93
