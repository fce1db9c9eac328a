{-# LANGUAGE MagicHash #-}

-- | Writing JSON. Doubles have the shortest digits that read back to them.
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
import Data.ByteString.Internal (c2w)
import qualified Data.ByteString.Unsafe as BU
import Data.Char (ord)
import qualified Data.Double.Conversion.ByteString as Conversion
import Data.Text (Text)
import qualified Data.Text as T
import Data.Text.Encoding (encodeUtf8)
import Data.Word (Word64, Word8)
import DogeCore.Json.Digits (putDigits, putPadded)
import DogeCore.Put (Put (..), bytes, char8, ensure, word8)
import DogeCore.PythonFloat (isFinite)
import DogeCore.XxHash (pokeHex16)
import Foreign.Ptr (castPtr, plusPtr)
import Foreign.Storable (peek, peekByteOff, poke)
import GHC.CString (cstringLength#)
import GHC.Exts (Addr#, Int (..), Ptr (..))
import GHC.Float (castDoubleToWord64)

-- | A float as the shortest digits that read back to it, always with a point or
-- an exponent, spelled as Python's @repr@ spells it, so that an answer is the
-- reference's to the byte. Non-finite values become strings.
double :: Double -> Put
double x
  | not (isFinite x) = bytes (nonFinite x)
  | x == 0 = bytes (if castDoubleToWord64 x == 0 then "0.0" else "-0.0")
  | a < exponentBelow || a >= exponentFrom = bytes (scientific (Conversion.toExponential (-1) x))
  | otherwise = Put $ \sink p0 -> do
      p <- ensure doubleRoom sink p0
      if a < exactDecimals then places sink p 0 1.0 else general sink p
  where
    a = abs x
    -- No two decimals of at most 15 digits have the same double, so the first
    -- one that reads back is the shortest once its zeros are cut off.
    places sink p !d !scale
      | scaled >= exactDecimals = general sink p
      | fromIntegral k / scale == a = fixed (x < 0) k d (truncate scale) p
      | d >= triedDecimals = general sink p
      | otherwise = places sink p (d + 3) (scale * 1.0e3)
      where
        scaled = a * scale
        k = truncate (scaled + 0.5) :: Int
    general = runPut (bytes (marked (Conversion.toShortest x)))

-- Python's repr has an exponent for what is smaller than the one, and for the
-- other and what is larger.
exponentBelow, exponentFrom :: Double
exponentBelow = 1.0e-4
exponentFrom = 1.0e16
{-# INLINE exponentBelow #-}
{-# INLINE exponentFrom #-}

-- 10^15. A double holds any decimal of up to 15 digits exactly enough to give the
-- same digits back, so numbers below this are tried digit by digit.
exactDecimals :: Double
exactDecimals = 1.0e15
{-# INLINE exactDecimals #-}

-- The most decimals that are tried before the general algorithm.
triedDecimals :: Int
triedDecimals = 12
{-# INLINE triedDecimals #-}

-- Room for a number of at most 15 digits with its sign, leading zeros and point.
doubleRoom :: Int
doubleRoom = 32
{-# INLINE doubleRoom #-}

nonFinite :: Double -> ByteString
nonFinite x
  | isNaN x = "\"NaN\""
  | x > 0 = "\"Infinity\""
  | otherwise = "\"-Infinity\""

-- Mark digits as a float: double-conversion prints integral doubles like
-- integers.
marked :: ByteString -> ByteString
marked s
  | BC.elem '.' s = s
  | otherwise = B.append s ".0"

-- Give an exponent a sign and two digits at least, as Python does.
scientific :: ByteString -> ByteString
scientific s = B.concat [mantissa, if below then "e-" else "e+", if B.length digits < 2 then "0" else "", digits]
  where
    (mantissa, power) = BC.break (== 'e') s
    (signs, digits) = BC.span (`elem` ("e+-" :: String)) power
    below = BC.elem '-' signs

-- Write k / 10^d without trailing zeros, but with at least one decimal; scale is
-- 10^d.
fixed :: Bool -> Int -> Int -> Int -> Ptr Word8 -> IO (Ptr Word8)
fixed negative k d scale p0
  | d == 0 = do
      p <- signed k
      poke p (c2w '.') >> poke (p `plusPtr` 1) (c2w '0')
      pure (p `plusPtr` 2)
  | otherwise = decimal
  where
    signed whole = do
      when negative (poke p0 (c2w '-'))
      putDigits whole (if negative then p0 `plusPtr` 1 else p0)
    decimal = do
      let (whole, decimals) = k `quotRem` scale
      p <- signed whole
      poke p (c2w '.')
      putPadded decimals (p `plusPtr` 1) d
      strip (p `plusPtr` 2) (p `plusPtr` (d + 1))
    strip !least !end
      | end <= least = pure end
      | otherwise = do
          b <- peekByteOff end (-1)
          if b == c2w '0' then strip least (end `plusPtr` (-1)) else pure end

-- | An integer.
int :: Int -> Put
int n
  | n >= 0 = Put $ \sink p0 -> ensure intRoom sink p0 >>= putDigits n
  | n == minBound = bytes (BC.pack (show n))
  | otherwise = Put $ \sink p0 -> do
      p <- ensure intRoom sink p0
      poke p (c2w '-')
      putDigits (negate n) (p `plusPtr` 1)

-- Room for the digits of an 'Int' and a sign.
intRoom :: Int
intRoom = 24
{-# INLINE intRoom #-}

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
asciiText s = char8 '"' <> bytes s <> char8 '"'

-- | A string that is UTF-8 already. A lone surrogate in it, which the parser
-- wrote as if it were a character, becomes an escape.
utf8Text :: ByteString -> Put
utf8Text s
  | B.all plain s = asciiText s
  | otherwise = char8 '"' <> foldMap at [0 .. B.length s - 1] <> char8 '"'
  where
    plain b = b >= c2w ' ' && b /= c2w '"' && b /= c2w '\\' && b /= c2w '\DEL' && b /= surrogateLead
    at i
      | surrogateAt i =
          let high = BU.unsafeIndex s (i + 1)
              low = BU.unsafeIndex s (i + 2)
           in bytes (unit (0xD000 + fromIntegral (high .&. 0x3F) * 64 + fromIntegral (low .&. 0x3F)))
      | surrogateAt (i - 1) || surrogateAt (i - 2) = mempty
      | otherwise = escaped (BU.unsafeIndex s i)
    surrogateAt i =
      i >= 0 && i + 2 < B.length s && BU.unsafeIndex s i == surrogateLead && BU.unsafeIndex s (i + 1) >= 0xA0

-- The first byte of a surrogate written as UTF-8; its second is 0xA0 or more.
surrogateLead :: Word8
surrogateLead = 0xED
{-# INLINE surrogateLead #-}

escaped :: Word8 -> Put
escaped b
  | b == c2w '"' = bytes "\\\""
  | b == c2w '\\' = bytes "\\\\"
  | b < c2w ' ' || b == c2w '\DEL' = bytes "\\u00" <> word8 (hexDigit (b `unsafeShiftR` 4)) <> word8 (hexDigit (b .&. 15))
  | otherwise = word8 b
  where
    hexDigit n = if n < 10 then c2w '0' + n else c2w 'a' + n - 10

-- | A hash as its sixteen digits, without quotes.
hex :: Word64 -> Put
hex w = Put $ \sink p0 -> do
  p <- ensure hexDigits sink p0
  pokeHex16 p w
  pure (p `plusPtr` hexDigits)
  where
    hexDigits = 16

-- | JSON that is already written.
raw :: ByteString -> Put
raw = bytes
{-# INLINE raw #-}

-- | JSON that is written in the source.
literal :: Addr# -> Put
literal ascii = Put $ \sink p0 -> do
  let size = I# (cstringLength# ascii)
  p <- ensure size sink p0
  copyWords p (Ptr ascii) size
  pure (p `plusPtr` size)
{-# INLINE literal #-}

-- Copy word by word; the last word may overlap the one before.
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
list items = char8 '[' <> commas id items <> char8 ']'

-- | Items with commas between them.
commas :: (a -> Put) -> [a] -> Put
commas write items = Put $ \sink p0 ->
  let go p = \case
        [] -> pure p
        x : rest -> runPut (char8 ',' <> write x) sink p >>= \p' -> go p' rest
   in case items of
        [] -> pure p0
        x : rest -> runPut (write x) sink p0 >>= \p -> go p rest

-- | An object of keys that need no escape.
object :: [(ByteString, Put)] -> Put
object members = char8 '{' <> commas (uncurry pair) members <> char8 '}'

-- | A key that needs no escape, and its value.
pair :: ByteString -> Put -> Put
pair key item = asciiText key <> char8 ':' <> item

-- | A text as Python's @json.dumps@ writes it, all in ASCII.
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

-- The escape of a UTF-16 code unit.
unit :: Int -> ByteString
unit n = BC.pack ("\\u" ++ map hexAt [12, 8, 4, 0])
  where
    hexAt shift = "0123456789abcdef" !! ((n `unsafeShiftR` shift) .&. 15)
