-- | The contract as data: types, literals and protocol, as @describe@ answers
-- them. Reference: @reducer/contract.py@.
module DogeCore.Contract.View
  ( describe,
  )
where

import Data.ByteString (ByteString)
import Data.List (sortOn)
import Data.Proxy (Proxy (..))
import DogeCore.Contract
  ( bookCycleAction,
    cancelOrderAction,
    cycleRecord,
    engineConfig,
    fillEvent,
    orderState,
    orphanOrderAction,
    pairState,
    placeOrderAction,
    priceTick,
    protocolVersion,
    recoveryCancelEvent,
    recoveryFillEvent,
    recoveryOrder,
    timerTick,
  )
import qualified DogeCore.Json.Encode as E
import DogeCore.Json.Schema (Field (..), Schema (..), fieldsOf)
import DogeCore.Put (Put, char8, toBytes)
import DogeCore.Types
  ( Literal (..),
    ModeSource,
    Phase,
    RefreshDirection,
    Role,
    Side,
    TradeId,
    literals,
  )
import DogeCore.XxHash (hex16, xxh64Bytes)

-- | The answer to @describe@: the name of this port and its own view of the
-- contract. Reference: @described@ and @answer_describe@.
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

-- The canonical JSON of which the hash is taken: keys sorted, no spaces.
-- Reference: @contract@.
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
      char8 '['
        <> E.commas id (E.asciiText (fieldName f) : E.asciiText (fieldKind f) : maybe [] pure (fieldDefault f))
        <> char8 ']'
