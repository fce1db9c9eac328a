{-# LANGUAGE MagicHash #-}

-- | Writing JSON: shortest digits for doubles, ASCII-safe strings.
module DogeCore.Json.Encode
  ( double,
    int,
    bool,
    text,
    utf8Text,
    hex,
    asciiText,
    raw,
    literal,
    list,
    commas,
    object,
    pair,
    dumpedText,
  )
where

import Control.Monad (when)
import Data.Bits (unsafeShiftR, (.&.))
import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import qualified Data.ByteString.Char8 as BC
import qualified Data.ByteString.Unsafe as BU
import Data.Char (ord)
import qualified Data.Double.Conversion.ByteString as Conversion
import Data.Text (Text)
import qualified Data.Text as T
import Data.Text.Encoding (encodeUtf8)
import Data.Word (Word64, Word8)
import DogeCore.Json.Digits (putDigits, putPadded)
import DogeCore.Put
import DogeCore.Round (isFinite)
import DogeCore.XxHash (pokeHex16)
import Foreign.Ptr (castPtr, plusPtr)
import Foreign.Storable (peek, peekByteOff, poke)
import GHC.CString (cstringLength#)
import GHC.Exts (Addr#, Int (..), Ptr (..))
import GHC.Float (castDoubleToWord64)

-- | A float: the shortest digits that read back to it, always marked as a
-- float; non-finite values are strings.
double :: Double -> Put
double x
  | not (isFinite x) = bytes (nonFinite x)
  | x == 0 = bytes (if castDoubleToWord64 x == 0 then "0.0" else "-0.0")
  | otherwise = Put $ \sink p0 -> do
      p <- ensure 32 sink p0
      if a < 1.0e15 then places sink p 0 1.0 else general sink p
  where
    a = abs x
    -- A decimal of at most 15 digits is the only one its double has, so the
    -- first that reads back is the shortest once its zeros are cut off.
    places sink p !d !scale
      | scaled >= 1.0e15 = general sink p
      | fromIntegral k / scale == a = fixed (x < 0) k d (truncate scale) p
      | d >= 12 = general sink p
      | otherwise = places sink p (d + 3) (scale * 1.0e3)
      where
        scaled = a * scale
        k = truncate (scaled + 0.5) :: Int
    general = runPut (bytes (marked (Conversion.toShortest x)))

nonFinite :: Double -> ByteString
nonFinite x
  | isNaN x = "\"NaN\""
  | x > 0 = "\"Infinity\""
  | otherwise = "\"-Infinity\""

-- double-conversion prints integral doubles like integers.
marked :: ByteString -> ByteString
marked s
  | BC.any (\c -> c == '.' || c == 'e') s = s
  | otherwise = B.append s ".0"

-- k / 10^d without its trailing zeros, but with one decimal at least.
fixed :: Bool -> Int -> Int -> Int -> Ptr Word8 -> IO (Ptr Word8)
fixed negative k d scale p0
  | d == 0 = do
      p <- signed k
      poke p 46 >> poke (p `plusPtr` 1) (48 :: Word8)
      pure (p `plusPtr` 2)
  | otherwise = decimal
  where
    signed whole = do
      when negative (poke p0 45)
      putDigits whole (if negative then p0 `plusPtr` 1 else p0)
    decimal = do
      let (whole, decimals) = k `quotRem` scale
      p <- signed whole
      poke p 46
      putPadded decimals (p `plusPtr` 1) d
      strip (p `plusPtr` 2) (p `plusPtr` (d + 1))
    strip !least !end
      | end <= least = pure end
      | otherwise = do
          b <- peekByteOff end (-1)
          if b == (48 :: Word8) then strip least (end `plusPtr` (-1)) else pure end

-- | An integer.
int :: Int -> Put
int n
  | n >= 0 = Put $ \sink p0 -> ensure 24 sink p0 >>= putDigits n
  | n == minBound = bytes (BC.pack (show n))
  | otherwise = Put $ \sink p0 -> do
      p <- ensure 24 sink p0
      poke p 45
      putDigits (negate n) (p `plusPtr` 1)

-- | A boolean.
bool :: Bool -> Put
bool b = bytes (if b then "true" else "false")

-- | A string.
text :: Text -> Put
text t
  | T.null t = raw "\"\""
  | otherwise = utf8Text (encodeUtf8 t)

-- | A string of plain ASCII that needs no escape.
asciiText :: ByteString -> Put
asciiText s = word8 34 <> bytes s <> word8 34

-- | A string that is UTF-8 already; a lone surrogate in it, written as if it
-- were a character, becomes an escape.
utf8Text :: ByteString -> Put
utf8Text s
  | B.all plain s = asciiText s
  | otherwise = word8 34 <> foldMap at [0 .. B.length s - 1] <> word8 34
  where
    plain b = b >= 32 && b /= 34 && b /= 92 && b /= 127 && b /= 0xED
    at i
      | surrogateAt i =
          let high = BU.unsafeIndex s (i + 1)
              low = BU.unsafeIndex s (i + 2)
           in bytes (unit (0xD000 + fromIntegral (high .&. 0x3F) * 64 + fromIntegral (low .&. 0x3F)))
      | surrogateAt (i - 1) || surrogateAt (i - 2) = mempty
      | otherwise = escaped (BU.unsafeIndex s i)
    surrogateAt i =
      i >= 0 && i + 2 < B.length s && BU.unsafeIndex s i == 0xED && BU.unsafeIndex s (i + 1) >= 0xA0

escaped :: Word8 -> Put
escaped b
  | b == 34 = bytes "\\\""
  | b == 92 = bytes "\\\\"
  | b < 32 || b == 127 = bytes "\\u00" <> word8 (hexDigit (b `unsafeShiftR` 4)) <> word8 (hexDigit (b .&. 15))
  | otherwise = word8 b
  where
    hexDigit n = if n < 10 then 48 + n else 87 + n

-- | A hash as its sixteen digits, without quotes.
hex :: Word64 -> Put
hex w = Put $ \sink p0 -> do
  p <- ensure 16 sink p0
  pokeHex16 p w
  pure (p `plusPtr` 16)

-- | JSON that is already written.
raw :: ByteString -> Put
raw = bytes
{-# INLINE raw #-}

-- | The same, written in the source.
literal :: Addr# -> Put
literal ascii = Put $ \sink p0 -> do
  let size = I# (cstringLength# ascii)
  p <- ensure size sink p0
  copyWords p (Ptr ascii) size
  pure (p `plusPtr` size)
{-# INLINE literal #-}

-- Word by word; the last word may overlap the one before.
copyWords :: Ptr Word8 -> Ptr Word8 -> Int -> IO ()
copyWords !p !q !left
  | left >= 8 = do
      copyWord
      let step = if left > 8 then min 8 (left - 8) else 8
      copyWords (p `plusPtr` step) (q `plusPtr` step) (left - step)
  | left == 0 = pure ()
  | otherwise = do
      (peek q :: IO Word8) >>= poke p
      copyWords (p `plusPtr` 1) (q `plusPtr` 1) (left - 1)
  where
    copyWord = (peek (castPtr q) :: IO Word64) >>= poke (castPtr p)

-- | A list.
list :: [Put] -> Put
list items = word8 91 <> commas id items <> word8 93

-- | Items with commas between them.
commas :: (a -> Put) -> [a] -> Put
commas write items = Put $ \sink p0 ->
  let go p = \case
        [] -> pure p
        x : rest -> runPut (word8 44 <> write x) sink p >>= \p' -> go p' rest
   in case items of
        [] -> pure p0
        x : rest -> runPut (write x) sink p0 >>= \p -> go p rest

-- | An object of keys that need no escape.
object :: [(ByteString, Put)] -> Put
object members = word8 123 <> commas (uncurry pair) members <> word8 125

-- | A key that needs no escape, and its value.
pair :: ByteString -> Put -> Put
pair key item = asciiText key <> word8 58 <> item

-- | A text as Python's @json.dumps@ would write its text: all ASCII.
dumpedText :: Text -> ByteString
dumpedText t = B.concat ["\"", B.concat (map one (T.unpack t)), "\""]
  where
    one c
      | c == '"' = "\\\""
      | c == '\\' = "\\\\"
      | c == '\n' = "\\n"
      | c == '\r' = "\\r"
      | c == '\t' = "\\t"
      | c == '\b' = "\\b"
      | c == '\f' = "\\f"
      | c >= ' ' && c <= '~' = BC.singleton c
      | ord c < 0x10000 = unit (ord c)
      | otherwise =
          let n = ord c - 0x10000
           in B.append (unit (0xD800 + n `unsafeShiftR` 10)) (unit (0xDC00 + n .&. 0x3FF))

unit :: Int -> ByteString
unit n = BC.pack ("\\u" ++ map hexAt [12, 8, 4, 0])
  where
    hexAt shift = "0123456789abcdef" !! ((n `unsafeShiftR` shift) .&. 15)
