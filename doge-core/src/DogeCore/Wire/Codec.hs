-- | Configurations, events, sizes and actions as the wire spells them. The page
-- is @docs/wire.md@, the reference @reducer/wire.py@.
module DogeCore.Wire.Codec
  ( decodeConfig,
    decodeEvent,
    decodeSizes,
    encodeAction,
    actionRow,
  )
where

import Data.Containers.ListUtils (nubOrd)
import qualified Data.Map.Strict as Map
import Data.Maybe (isJust)
import DogeCore.Contract
  ( actionSchema,
    engineConfig,
    fillEvent,
    priceTick,
    recoveryCancelEvent,
    recoveryFillEvent,
    timerTick,
  )
import qualified DogeCore.Json.Encode as E
import DogeCore.Json.Schema
  ( Decoded,
    Kind (..),
    Path (..),
    Schema (..),
    decodeKind,
    decodeStrict,
    encodeMembers,
    encodeRow,
    fieldsOf,
    wrongType,
  )
import DogeCore.Json.Value (Member (..), Value (..), member)
import DogeCore.Put (Put, char8)
import DogeCore.Types
  ( Action,
    EngineConfig,
    Event,
    OrderSizes,
    literalText,
    literals,
  )

-- | Read a configuration; unknown fields are refused. Reference:
-- @read_config@.
decodeConfig :: Value -> Decoded EngineConfig
decodeConfig = \case
  JObject members -> decodeStrict [] engineConfig (Root "cfg") members
  other -> wrongType (Root "cfg") "an object" other

-- | Read an event by its @_type@, or without one by its fields; 'Nothing' if it
-- is no event at all. Reference: @read_event@.
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
    sizes <- mapM size (dictItems members)
    Right (Just (Map.fromList (concat sizes)))
  other -> wrongType (Root "order_sizes") "an object" other
  where
    size (Member key v) = do
      x <- decodeKind KFloat (Dot (Root "order_sizes") key) v
      Right [(trade, x) | trade <- literals, literalText trade == key]

-- The members as a Python dict has them: a repeated key counts once, in its
-- first place and with its last value.
dictItems :: [Member] -> [Member]
dictItems members = [Member key v | key <- nubOrd (map keyOf (reverse members)), Just v <- [Map.lookup key values]]
  where
    keyOf (Member key _) = key
    -- The last member comes first.
    values = Map.fromListWith (\_ known -> known) [(key, v) | Member key v <- members]

-- | Write an action with its type, first. Reference: @tagged@.
encodeAction :: Action -> Put
encodeAction a =
  E.raw "{\"_type\":" <> E.asciiText (schemaName schema) <> char8 ','
    <> encodeMembers (fieldsOf schema) a
    <> char8 '}'
  where
    schema = actionSchema a

-- | Write an action as a row: its type, then its values.
actionRow :: Action -> Put
actionRow a =
  char8 '[' <> E.asciiText (schemaName schema) <> char8 ',' <> encodeRow schema a <> char8 ']'
  where
    schema = actionSchema a
