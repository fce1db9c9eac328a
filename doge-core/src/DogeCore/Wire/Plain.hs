{-# LANGUAGE MagicHash #-}

-- | A shortcut: the two requests that hold many bytes of events, as they are
-- usually spelled,
--
-- > {"method":"step","session":7,"digest":"0123456789abcdef","event":{"price":0.1,"timestamp":1.5}}
-- > {"method":"replay","events":[{"_type":"PriceTick","price":0.1,"timestamp":1.5}],"state":…}
--
-- read straight from the bytes. Every other line, broken or only spelled
-- otherwise, is none of its business: the parser and the schema decide about
-- it. The test suite compares both ways.
module DogeCore.Wire.Plain
  ( Plain (..),
    readPlain,
  )
where

import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import Data.Text (Text)
import Data.Word (Word64, Word8)
import DogeCore.Types
import DogeCore.Wire.Scan
import Foreign.Ptr (Ptr)

-- | What such a line holds.
data Plain
  = -- | The session's number, the digest's digits as two little-endian words,
    -- and the event.
    PlainStep !Int !Word64 !Word64 !Event
  | -- | The events, and the object of all other members, not yet parsed.
    PlainReplay ![Event] !ByteString

-- | Read the line between two pointers. The byte behind it must be its line
-- end. Nothing of the line is kept.
readPlain :: Ptr Word8 -> Ptr Word8 -> IO (Maybe Plain)
readPlain = scanning $ do
  expect "{\"method\":\""#
  next >>= \case
    115 -> plainStep
    114 -> plainReplay
    _ -> giveUp

plainStep :: Scan Plain
plainStep = do
  expect "step\",\"session\":"#
  number <- int
  expect ",\"digest\":\""#
  high <- word
  low <- word
  expect "\",\"event\":{\""#
  event <- untyped
  expect "}}"#
  atEnd
  pure (PlainStep number high low event)
{-# INLINE plainStep #-}

plainReplay :: Scan Plain
plainReplay = do
  expect "replay\",\"events\":["#
  events <- eventsAfter []
  PlainReplay events . B.cons 123 <$> rest

-- One event and those behind it, up to the next member of the request.
eventsAfter :: [Event] -> Scan [Event]
eventsAfter before = do
  event <- typed
  next >>= \case
    44 -> expect ","# *> eventsAfter (event : before)
    _ -> reverse (event : before) <$ expect "],"#

-- An event with its type first.
typed :: Scan Event
typed = do
  expect "{\"_type\":\""#
  event <-
    next >>= \case
      80 -> expect "PriceTick\",\""# *> priceTick
      84 -> expect "TimerTick\",\""# *> timerTick
      70 -> expect "FillEvent\",\""# *> fill
      82 -> expect "Recovery"# *> typedRecovery
      _ -> giveUp
  event <$ expect "}"#

typedRecovery :: Scan Event
typedRecovery =
  next >>= \case
    70 -> expect "FillEvent\",\""# *> recoveryId >>= uncurry recoveryFill
    _ -> expect "CancelEvent\",\""# *> recoveryId >>= uncurry recoveryCancel

-- An event without its type: the first field tells it, nearly.
untyped :: Scan Event
untyped =
  next >>= \case
    112 -> priceTick
    116 -> timerTick
    111 -> fill
    114 -> do
      (number, txid) <- recoveryId
      next >>= \case
        116 -> recoveryCancel number txid
        _ -> recoveryFill number txid
    _ -> giveUp
{-# INLINE untyped #-}

-- The fields in contract order, from behind the quote of the first key.

priceTick :: Scan Event
priceTick = EvPriceTick <$> (expect "price\":"# *> float) <*> timestamp

timerTick :: Scan Event
timerTick = EvTimerTick <$> (expect "timestamp\":"# *> float)

fill :: Scan Event
fill = do
  expect "order_local_id\":"#
  EvFill <$> int <*> txidMember <*> (expect ",\""# *> side) <*> named ",\"price\":"# <*> named ",\"volume\":"# <*> named ",\"fee\":"# <*> timestamp

-- Up to the quote of the next key.
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
    98 -> Buy <$ expect "buy\""#
    _ -> Sell <$ expect "sell\""#
{-# INLINE side #-}
