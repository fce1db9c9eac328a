{-# LANGUAGE MagicHash #-}
{-# LANGUAGE RankNTypes #-}

-- | A shortcut: a step as the adapter spells it,
--
-- > {"method":"step","session":7,"digest":"0123456789abcdef","event":{"price":0.1,"timestamp":1.5}}
--
-- with nothing else in it, read straight from the bytes. Every other line,
-- broken or only spelled otherwise, is none of its business: the parser and
-- the schema decide about it. The test suite compares both ways.
module DogeCore.Wire.Plain
  ( PlainStep (..),
    readPlainStep,
  )
where

import Control.Monad (ap)
import qualified Data.ByteString as B
import Data.Text (Text)
import qualified Data.Text as T
import Data.Text.Encoding (decodeLatin1)
import Data.Word (Word64, Word8)
import DogeCore.Json.Decimal (decimalToDouble)
import DogeCore.Types
import DogeCore.XxHash (peek64)
import Foreign.Ptr (castPtr, minusPtr, plusPtr)
import Foreign.Storable (peek)
import GHC.CString (cstringLength#)
import GHC.Exts (Addr#, Int (..), Ptr (..))

-- | The session's number, the digest's digits as two little-endian words, and
-- the event.
data PlainStep = PlainStep !Int !Word64 !Word64 !Event

-- Reads bytes, or gives up.
newtype Scan a = Scan {runScan :: forall r. Ptr Word8 -> Ptr Word8 -> (a -> Ptr Word8 -> IO (Maybe r)) -> IO (Maybe r)}

instance Functor Scan where
  fmap f (Scan s) = Scan (\end p k -> s end p (k . f))
  {-# INLINE fmap #-}

instance Applicative Scan where
  pure x = Scan (\_ p k -> k x p)
  {-# INLINE pure #-}
  (<*>) = ap
  {-# INLINE (<*>) #-}

instance Monad Scan where
  Scan s >>= f = Scan (\end p k -> s end p (\x q -> runScan (f x) end q k))
  {-# INLINE (>>=) #-}

-- | Read the line between two pointers. The byte behind it must be its line
-- end, on which every loop stops. Nothing of the line is kept.
readPlainStep :: Ptr Word8 -> Ptr Word8 -> IO (Maybe PlainStep)
readPlainStep start end = runScan plainStep end start (\x _ -> pure (Just x))

plainStep :: Scan PlainStep
plainStep = do
  expect "{\"method\":\"step\",\"session\":"#
  number <- int
  expect ",\"digest\":\""#
  high <- word
  low <- word
  expect "\",\"event\":{\""#
  event <- plainEvent
  expect "}}"#
  atEnd
  pure (PlainStep number high low event)
{-# INLINE plainStep #-}

-- The fields in contract order; the first one tells the type, nearly.
plainEvent :: Scan Event
plainEvent =
  next >>= \case
    112 -> EvPriceTick <$> (expect "price\":"# *> float) <*> timestamp
    116 -> EvTimerTick <$> (expect "timestamp\":"# *> float)
    111 -> do
      expect "order_local_id\":"#
      EvFill <$> int <*> txid <*> side <*> named ",\"price\":"# <*> named ",\"volume\":"# <*> named ",\"fee\":"# <*> timestamp
    114 -> do
      expect "recovery_id\":"#
      number <- int
      name <- txid
      expect ",\""#
      next >>= \case
        116 -> EvRecoveryCancel number name <$> (expect "timestamp\":"# *> float)
        _ -> EvRecoveryFill number name <$> sideValue <*> named ",\"price\":"# <*> named ",\"volume\":"# <*> named ",\"fee\":"# <*> timestamp
    _ -> giveUp
  where
    timestamp = named ",\"timestamp\":"#
    side = expect ",\""# *> sideValue

named :: Addr# -> Scan Double
named key = expect key *> float
{-# INLINE named #-}

giveUp :: Scan a
giveUp = Scan (\_ _ _ -> pure Nothing)

-- The next byte, which stays.
next :: Scan Word8
next = Scan (\_ p k -> peek p >>= \b -> k b p)
{-# INLINE next #-}

atEnd :: Scan ()
atEnd = Scan (\end p k -> if p == end then k () p else pure Nothing)
{-# INLINE atEnd #-}

-- Just this text.
expect :: Addr# -> Scan ()
expect text = Scan $ \end p k -> do
  let size = I# (cstringLength# text)
  found <- if end `minusPtr` p < size then pure False else sameBytes p (Ptr text) size
  if found then k () (p `plusPtr` size) else pure Nothing
{-# INLINE expect #-}

-- Word by word; the last word may overlap the one before.
sameBytes :: Ptr Word8 -> Ptr Word8 -> Int -> IO Bool
sameBytes !p !q !left
  | left > 8 = do
      a <- peek64 p
      b <- peek64 q
      if a == b then sameBytes (p `plusPtr` step) (q `plusPtr` step) (left - step) else pure False
  | left == 8 = (==) <$> peek64 p <*> peek64 q
  | left == 0 = pure True
  | otherwise = do
      a <- peek p
      b <- peek q
      if a == b then sameBytes (p `plusPtr` 1) (q `plusPtr` 1) (left - 1) else pure False
  where
    step = min 8 (left - 8)

word :: Scan Word64
word = Scan $ \end p k ->
  if end `minusPtr` p < 8 then pure Nothing else peek64 p >>= \w -> k w (p `plusPtr` 8)
{-# INLINE word #-}

int :: Scan Int
int = Scan $ \_ p k ->
  numberAt p >>= \case
    Whole q n -> k n q
    Point _ _ -> pure Nothing
    NoNumber -> pure Nothing
{-# INLINE int #-}

float :: Scan Double
float = Scan $ \_ p k ->
  numberAt p >>= \case
    Whole q n -> k (fromIntegral n) q
    Point q x -> k x q
    NoNumber -> pure Nothing
{-# INLINE float #-}

-- A number without exponent of at most 18 digits, and where it ends.
data Number = Whole !(Ptr Word8) !Int | Point !(Ptr Word8) !Double | NoNumber

numberAt :: Ptr Word8 -> IO Number
numberAt start = do
  sign <- peek start
  let negative = sign == 45
      first = if negative then start `plusPtr` 1 else start
  lead <- peek first
  digits first 0 $ \wholeEnd n -> do
    let places = wholeEnd `minusPtr` first
    point <- peek wholeEnd
    if places == 0 || places > 18 || (lead == 48 && places > 1)
      then pure NoNumber
      else
        if point /= 46
          then pure (Whole wholeEnd (if negative then negate (fromIntegral n) else fromIntegral n))
          else digits (wholeEnd `plusPtr` 1) n $ \end m -> do
            let decimals = end `minusPtr` wholeEnd - 1
                x = decimalToDouble m (negate decimals)
            pure $
              if decimals == 0 || places + decimals > 18
                then NoNumber
                else Point end (if negative then negate x else x)

-- Go on with where the digits end, and with all of them behind those already
-- read.
digits :: Ptr Word8 -> Word64 -> (Ptr Word8 -> Word64 -> IO r) -> IO r
digits start before k = go start before
  where
    go !p !acc = do
      b <- peek p
      let d = fromIntegral b - 48 :: Word64
      if d <= 9 then go (p `plusPtr` 1) (acc * 10 + d) else k p acc
{-# INLINE digits #-}

sideValue :: Scan Side
sideValue = do
  expect "side\":\""#
  next >>= \case
    98 -> Buy <$ expect "buy\""#
    _ -> Sell <$ expect "sell\""#
{-# INLINE sideValue #-}

-- Plain ASCII without escapes.
txid :: Scan Text
txid = do
  expect ",\"txid\":\""#
  Scan $ \_ p k -> do
    q <- plainEnd p
    quote <- peek q
    if quote /= 34
      then pure Nothing
      else do
        !text <- if p == q then pure T.empty else decodeLatin1 <$> B.packCStringLen (castPtr p, q `minusPtr` p)
        k text (q `plusPtr` 1)

plainEnd :: Ptr Word8 -> IO (Ptr Word8)
plainEnd !p = do
  b <- peek p
  if b >= 32 && b < 127 && b /= 34 && b /= 92 then plainEnd (p `plusPtr` 1) else pure p
