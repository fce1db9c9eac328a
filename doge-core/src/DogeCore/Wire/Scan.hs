{-# LANGUAGE MagicHash #-}
{-# LANGUAGE RankNTypes #-}

-- | Scanners that read bytes in one expected spelling and give up on any other.
-- Every loop stops at a line end or a null, one of which must follow the bytes.
module DogeCore.Wire.Scan
  ( Scan,
    runScan,
    scanning,
    giveUp,
    next,
    atEnd,
    expect,
    braced,
    word,
    int,
    float,
    named,
    plainText,
  )
where

import Control.Monad (ap)
import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import Data.ByteString.Internal (c2w, create, w2c)
import Data.Text (Text)
import qualified Data.Text as T
import Data.Text.Encoding (decodeLatin1)
import Data.Word (Word64, Word8)
import DogeCore.Json.Bytes (digitValue)
import DogeCore.Json.Decimal (decimalToDouble)
import DogeCore.XxHash (peek64)
import Foreign.Marshal.Utils (copyBytes)
import Foreign.Ptr (castPtr, minusPtr, plusPtr)
import Foreign.Storable (peek, poke)
import GHC.CString (cstringLength#)
import GHC.Exts (Addr#, Int (..), Ptr (..))

-- | A scanner: from the end of the bytes, a place in them and a continuation to
-- the continuation's result, or to 'Nothing' if the scanner gives up.
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

-- | Run a scan on the bytes between two pointers.
scanning :: Scan a -> Ptr Word8 -> Ptr Word8 -> IO (Maybe a)
scanning scan start end = runScan scan end start (\x _ -> pure (Just x))
{-# INLINE scanning #-}

-- | A copy of the remaining bytes, which end an object, with a brace before them.
braced :: Scan ByteString
braced = Scan $ \end p k -> do
  let size = end `minusPtr` p
  !bytes <- create (1 + size) (\q -> poke q (c2w '{') >> copyBytes (q `plusPtr` 1) p size)
  k bytes end

-- | A float behind its key.
named :: Addr# -> Scan Double
named key = expect key *> float
{-# INLINE named #-}

-- | Give up, which leaves the line to the parser.
giveUp :: Scan a
giveUp = Scan (\_ _ _ -> pure Nothing)

-- | The next byte as a character; it is not consumed.
next :: Scan Char
next = Scan (\_ p k -> peekChar p >>= \c -> k c p)
{-# INLINE next #-}

-- | The end of the bytes.
atEnd :: Scan ()
atEnd = Scan (\end p k -> if p == end then k () p else pure Nothing)
{-# INLINE atEnd #-}

-- | Exactly this text.
expect :: Addr# -> Scan ()
expect text = Scan $ \end p k -> do
  let size = I# (cstringLength# text)
  found <- if end `minusPtr` p < size then pure False else sameBytes p (Ptr text) size
  if found then k () (p `plusPtr` size) else pure Nothing
{-# INLINE expect #-}

-- Compare word by word; the last word may overlap the one before.
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

-- | Any eight bytes as a word, the first one lowest.
word :: Scan Word64
word = Scan $ \end p k ->
  if end `minusPtr` p < 8 then pure Nothing else peek64 p >>= \w -> k w (p `plusPtr` 8)
{-# INLINE word #-}

-- | An integer of at most 'digitsMax' digits.
int :: Scan Int
int = Scan $ \_ p k ->
  numberAt p >>= \case
    Whole q n -> k n q
    Point _ _ -> pure Nothing
    NoNumber -> pure Nothing
{-# INLINE int #-}

-- | A number of at most 'digitsMax' digits, without exponent.
float :: Scan Double
float = Scan $ \_ p k ->
  numberAt p >>= \case
    Whole q n -> k (fromIntegral n) q
    Point q x -> k x q
    NoNumber -> pure Nothing
{-# INLINE float #-}

-- The most digits of a number: so many always fit an 'Int'.
digitsMax :: Int
digitsMax = 18
{-# INLINE digitsMax #-}

-- The end and the value of a number without exponent.
data Number = Whole !(Ptr Word8) !Int | Point !(Ptr Word8) !Double | NoNumber

numberAt :: Ptr Word8 -> IO Number
numberAt start = do
  sign <- peekChar start
  let negative = sign == '-'
      first = if negative then start `plusPtr` 1 else start
  lead <- peekChar first
  digits first 0 $ \wholeEnd n -> do
    let places = wholeEnd `minusPtr` first
    point <- peekChar wholeEnd
    if places == 0 || places > digitsMax || (lead == '0' && places > 1)
      then pure NoNumber
      else
        if point /= '.'
          then pure (Whole wholeEnd (if negative then negate (fromIntegral n) else fromIntegral n))
          else digits (wholeEnd `plusPtr` 1) n $ \end m -> do
            let decimals = end `minusPtr` wholeEnd - 1
                x = decimalToDouble m (negate decimals)
            pure $
              if decimals == 0 || places + decimals > digitsMax
                then NoNumber
                else Point end (if negative then negate x else x)

-- Read digits; the continuation receives the place behind them, and the number
-- that they make with the digits read before.
digits :: Ptr Word8 -> Word64 -> (Ptr Word8 -> Word64 -> IO r) -> IO r
digits start before k = go start before
  where
    go !p !acc = do
      d <- digitValue <$> peekChar p
      if d <= 9 then go (p `plusPtr` 1) (acc * 10 + fromIntegral d) else k p acc
{-# INLINE digits #-}

-- | The text of a string that is plain ASCII without escapes, up to and with its
-- closing quote.
plainText :: Scan Text
plainText = Scan $ \_ p k -> do
  q <- plainEnd p
  quote <- peekChar q
  if quote /= '"'
    then pure Nothing
    else do
      !text <- if p == q then pure T.empty else decodeLatin1 <$> B.packCStringLen (castPtr p, q `minusPtr` p)
      k text (q `plusPtr` 1)

plainEnd :: Ptr Word8 -> IO (Ptr Word8)
plainEnd !p = do
  c <- peekChar p
  if c >= ' ' && c <= '~' && c /= '"' && c /= '\\' then plainEnd (p `plusPtr` 1) else pure p

-- A byte as the character with its code.
peekChar :: Ptr Word8 -> IO Char
peekChar p = w2c <$> peek p
{-# INLINE peekChar #-}
