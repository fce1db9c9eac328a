{-# LANGUAGE MagicHash #-}

-- | A fast path for the requests that carry most events, in their usual spelling:
--
-- > {"method":"step","session":7,"digest":"0123456789abcdef","event":{"price":0.1,"timestamp":1.5}}
-- > {"method":"step","session":7,"digest":"0123456789abcdef","events":[{"price":0.1,"timestamp":1.5}]}
-- > {"method":"step","session":7,"event":{"price":0.1,"timestamp":1.5},"state":…}
-- > {"method":"replay","events":[{"_type":"PriceTick","price":0.1,"timestamp":1.5}],"state":…}
--
-- Behind the event of a step, other members may follow: a patch or a state, and
-- settings.
-- They are read straight from the bytes. Every other line, whether it is broken
-- or only spelled differently, is left to the parser and the schema. The test
-- suite compares both ways.
module DogeCore.Wire.FastPath
  ( FastRequest (..),
    Events (..),
    readFastPath,
  )
where

import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import Data.Text (Text)
import Data.Word (Word64, Word8)
import DogeCore.Types (Event (..), Side (..))
import DogeCore.Wire.Scan
  ( Scan,
    atEnd,
    braced,
    expect,
    float,
    giveUp,
    int,
    named,
    next,
    plainText,
    scanning,
    word,
  )
import Foreign.Ptr (Ptr)

-- | The event of a step, or its events.
data Events = One !Event | Many ![Event]

-- | The contents of such a line.
data FastRequest
  = -- | The session's number, the digest's digits as two little-endian words,
    -- the event or events, and the object of all other members, not yet parsed;
    -- empty if there are none.
    FastStep !Int !Word64 !Word64 !Events !ByteString
  | -- | A step that names no digest: the session's number, the event or events,
    -- and the other members.
    FastOpen !Int !Events !ByteString
  | -- | The events, and the object of all other members, not yet parsed.
    FastReplay ![Event] !ByteString

-- | Read the line between two pointers. The byte behind it must be a line end or
-- a null. The result keeps no reference to the line.
readFastPath :: Ptr Word8 -> Ptr Word8 -> IO (Maybe FastRequest)
readFastPath = scanning $ do
  expect "{\"method\":\""#
  next >>= \case
    's' -> fastStep
    'r' -> fastReplay
    _ -> giveUp

fastStep :: Scan FastRequest
fastStep = do
  expect "step\",\"session\":"#
  number <- int
  expect ",\""#
  next >>= \case
    'd' -> do
      expect "digest\":\""#
      high <- word
      low <- word
      FastStep number high low <$> (expect "\",\"event"# *> oneOrMany) <*> othersOrEnd
    _ -> FastOpen number <$> (expect "event"# *> oneOrMany) <*> othersOrEnd
{-# INLINE fastStep #-}

-- The event or events of a step, behind the first letters of their key.
oneOrMany :: Scan Events
oneOrMany =
  next >>= \case
    's' -> Many <$> (expect "s\":["# *> untypedAfter [])
    _ -> One <$> (expect "\":{\""# *> untyped <* expect "}"#)

-- One event and those behind it, up to the end of the list.
untypedAfter :: [Event] -> Scan [Event]
untypedAfter before = do
  event <- expect "{\""# *> untyped <* expect "}"#
  next >>= \case
    ',' -> expect ","# *> untypedAfter (event : before)
    _ -> reverse (event : before) <$ expect "]"#

othersOrEnd :: Scan ByteString
othersOrEnd =
  next >>= \case
    ',' ->
      expect ","# *> next >>= \case
        '"' -> braced
        _ -> giveUp
    _ -> B.empty <$ (expect "}"# *> atEnd)
{-# INLINE othersOrEnd #-}

fastReplay :: Scan FastRequest
fastReplay = do
  expect "replay\",\"events\":["#
  events <- eventsAfter []
  FastReplay events <$> braced

-- One event and those behind it, up to the next member of the request.
eventsAfter :: [Event] -> Scan [Event]
eventsAfter before = do
  event <- typed
  next >>= \case
    ',' -> expect ","# *> eventsAfter (event : before)
    _ -> reverse (event : before) <$ expect "],"#

-- An event with its type first.
typed :: Scan Event
typed = do
  expect "{\"_type\":\""#
  event <-
    next >>= \case
      'P' -> expect "PriceTick\",\""# *> priceTick
      'T' -> expect "TimerTick\",\""# *> timerTick
      'F' -> expect "FillEvent\",\""# *> fill
      'R' -> expect "Recovery"# *> typedRecovery
      _ -> giveUp
  event <$ expect "}"#

typedRecovery :: Scan Event
typedRecovery =
  next >>= \case
    'F' -> expect "FillEvent\",\""# *> recoveryId >>= uncurry recoveryFill
    _ -> expect "CancelEvent\",\""# *> recoveryId >>= uncurry recoveryCancel

-- An event without its type. The first field tells which one it is, but for the
-- two events of recovery orders, which differ in the third field.
untyped :: Scan Event
untyped =
  next >>= \case
    'p' -> priceTick
    't' -> timerTick
    'o' -> fill
    'r' -> do
      (number, txid) <- recoveryId
      next >>= \case
        't' -> recoveryCancel number txid
        _ -> recoveryFill number txid
    _ -> giveUp
{-# INLINE untyped #-}

-- The scans below read an event's fields in contract order, starting behind the
-- quote of the first key.

priceTick :: Scan Event
priceTick = EvPriceTick <$> (expect "price\":"# *> float) <*> timestamp

timerTick :: Scan Event
timerTick = EvTimerTick <$> (expect "timestamp\":"# *> float)

fill :: Scan Event
fill = do
  expect "order_local_id\":"#
  EvFill <$> int <*> txidMember <*> (expect ",\""# *> side) <*> named ",\"price\":"# <*> named ",\"volume\":"# <*> named ",\"fee\":"# <*> timestamp

-- The id and the txid of a recovery order, up to the quote of the next key.
recoveryId :: Scan (Int, Text)
recoveryId = (,) <$> (expect "recovery_id\":"# *> int) <*> (txidMember <* expect ",\""#)

recoveryFill :: Int -> Text -> Scan Event
recoveryFill number txid =
  EvRecoveryFill number txid <$> side <*> named ",\"price\":"# <*> named ",\"volume\":"# <*> named ",\"fee\":"# <*> timestamp

recoveryCancel :: Int -> Text -> Scan Event
recoveryCancel number txid = EvRecoveryCancel number txid <$> (expect "timestamp\":"# *> float)

timestamp :: Scan Double
timestamp = named ",\"timestamp\":"#
{-# INLINE timestamp #-}

txidMember :: Scan Text
txidMember = expect ",\"txid\":\""# *> plainText
{-# INLINE txidMember #-}

side :: Scan Side
side = do
  expect "side\":\""#
  next >>= \case
    'b' -> Buy <$ expect "buy\""#
    _ -> Sell <$ expect "sell\""#
{-# INLINE side #-}
