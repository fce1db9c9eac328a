-- | JSON strings. A string of plain ASCII is a slice of the line; a string with
-- escapes or characters beyond ASCII is checked and copied.
module DogeCore.Json.String
  ( parseString,
    Parsed (..),
  )
where

import Data.Bits (countTrailingZeros, unsafeShiftL, unsafeShiftR, xor, (.&.), (.|.))
import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import Data.ByteString.Internal (c2w)
import qualified Data.ByteString.Internal as BI
import qualified Data.ByteString.Unsafe as BU
import Data.Char (ord)
import Data.Word (Word64, Word8)
import DogeCore.Json.Bytes (at, digitValue, isDigit, unsafeAt)
import DogeCore.XxHash (peek64)
import Foreign.ForeignPtr (withForeignPtr)
import Foreign.Ptr (Ptr, castPtr, plusPtr)
import Foreign.Storable (pokeByteOff)
import System.IO.Unsafe (unsafeDupablePerformIO)

-- | The result of parsing a string: the offset behind its closing quote and the
-- text, or an error.
data Parsed
  = -- | Valid UTF-8.
    Whole !Int !ByteString
  | -- | UTF-8 but for a lone surrogate, which is written as if it were a
    -- character.
    Lone !Int !ByteString
  | -- | The offset and the reason of an error.
    NoString !Int !ByteString

-- | Parse the string whose opening quote is just before the offset.
parseString :: ByteString -> Int -> Parsed
parseString s start = quick start
  where
    -- Eight bytes at a time, up to the first one that is not plain.
    quick !i
      | i + 8 > B.length s = plain i
      | special == 0 = quick (i + 8)
      | otherwise = plain (i + countTrailingZeros special `unsafeShiftR` 3)
      where
        special = specialBytes (word64At s i)
    plain !i
      | i >= B.length s = NoString i "unterminated string"
      | otherwise = case unsafeAt s i of
          '"' -> Whole (i + 1) (BU.unsafeTake (i - start) (BU.unsafeDrop start s))
          '\\' -> unescape s start
          c
            | c < ' ' -> NoString i "control character in a string"
            | isAscii c -> plain (i + 1)
            | otherwise -> unescape s start

isAscii :: Char -> Bool
isAscii c = c < '\x80'
{-# INLINE isAscii #-}

-- The top bits of the bytes that are a quote, a backslash, a control character
-- or beyond ASCII. Only the lowest such bit is reliable: a borrow may set bits
-- above it.
specialBytes :: Word64 -> Word64
specialBytes w = (w .|. (w - inEach ' ') .|. zeros (w `xor` inEach '"') .|. zeros (w `xor` inEach '\\')) .&. inEach '\x80'
  where
    zeros x = x - inEach '\x01'
    inEach c = 0x0101010101010101 * fromIntegral (ord c)

-- Eight bytes of the line, the first one lowest.
word64At :: ByteString -> Int -> Word64
word64At s i = unsafeDupablePerformIO (BU.unsafeUseAsCString s (\p -> peek64 (castPtr p `plusPtr` i)))
{-# INLINE word64At #-}

-- Parse a string with escapes or with characters beyond ASCII. The decoded text
-- is never longer than its spelling.
unescape :: ByteString -> Int -> Parsed
unescape s start = unsafeDupablePerformIO $ do
  buffer <- BI.mallocByteString room
  result <- withForeignPtr buffer $ \p -> copy s p start
  pure $ case result of
    Ended end size lone
      | lone -> Lone end (B.copy (BI.fromForeignPtr buffer 0 size))
      | otherwise -> Whole end (B.copy (BI.fromForeignPtr buffer 0 size))
    Broke i reason -> NoString i reason
  where
    room = closing start - start + longestCharacter
    closing !i
      | i >= B.length s = i
      | unsafeAt s i == '"' = i
      | unsafeAt s i == '\\' = closing (i + 2)
      | otherwise = closing (i + 1)

-- The most bytes of a character in UTF-8.
longestCharacter :: Int
longestCharacter = 4

-- The end of a copied string: the offset behind its quote, the size of its text
-- and whether it has a lone surrogate; or the offset and reason of an error.
data Copied = Ended !Int !Int !Bool | Broke !Int !ByteString

-- Copy a string to memory, decoding its escapes.
copy :: ByteString -> Ptr Word8 -> Int -> IO Copied
copy s p start = go start 0 False
  where
    go !i !o !lone
      | i >= B.length s = pure (Broke i "unterminated string")
      | otherwise = case unsafeAt s i of
          '"' -> pure (Ended (i + 1) o lone)
          '\\' -> escape i o lone
          c
            | c < ' ' -> pure (Broke i "control character in a string")
            | isAscii c -> pokeByteOff p o (c2w c) >> go (i + 1) (o + 1) lone
            | otherwise -> case utf8Length s i of
                0 -> pure (Broke i "invalid UTF-8")
                n -> do
                  mapM_ (\k -> pokeByteOff p (o + k) (BU.unsafeIndex s (i + k))) [0 .. n - 1]
                  go (i + n) (o + n) lone
    escape !i !o !lone = case at s (i + 1) of
      '"' -> short '"'
      '\\' -> short '\\'
      '/' -> short '/'
      'b' -> short '\b'
      'f' -> short '\f'
      'n' -> short '\n'
      'r' -> short '\r'
      't' -> short '\t'
      'u' -> unicode i o lone
      _ -> pure (Broke i "unknown escape")
      where
        short :: Char -> IO Copied
        short c = pokeByteOff p o (c2w c) >> go (i + 2) (o + 1) lone
    unicode !i !o !lone = case hex4 s (i + 2) of
      c
        | c < 0 -> pure (Broke i "bad \\u escape")
        | isHighSurrogate c,
          at s (i + 6) == '\\',
          at s (i + 7) == 'u',
          low <- hex4 s (i + 8),
          isLowSurrogate low -> do
            n <- pokeChar p o (joinSurrogates c low)
            go (i + 12) (o + n) lone
        | otherwise -> do
            n <- pokeChar p o c
            go (i + 6) (o + n) (lone || isHighSurrogate c || isLowSurrogate c)

-- The UTF-16 code units of which a pair makes one character beyond 16 bits.
isHighSurrogate, isLowSurrogate :: Int -> Bool
isHighSurrogate c = c >= 0xD800 && c < 0xDC00
isLowSurrogate c = c >= 0xDC00 && c < 0xE000

joinSurrogates :: Int -> Int -> Int
joinSurrogates high low = 0x10000 + ((high - 0xD800) `unsafeShiftL` 10) + (low - 0xDC00)

-- Write a character as UTF-8; returns the number of its bytes. The first byte
-- tells that number by its top bits, each further byte holds six bits.
pokeChar :: Ptr Word8 -> Int -> Int -> IO Int
pokeChar p o c
  | c < 0x80 = put 0 c >> pure 1
  | c < 0x800 = put 0 (0xC0 .|. (c `unsafeShiftR` 6)) >> low 1 0 >> pure 2
  | c < 0x10000 = put 0 (0xE0 .|. (c `unsafeShiftR` 12)) >> low 1 6 >> low 2 0 >> pure 3
  | otherwise = put 0 (0xF0 .|. (c `unsafeShiftR` 18)) >> low 1 12 >> low 2 6 >> low 3 0 >> pure 4
  where
    put k b = pokeByteOff p (o + k) (fromIntegral b :: Word8)
    low k shift = put k (0x80 .|. ((c `unsafeShiftR` shift) .&. 0x3F))

-- The length of the valid UTF-8 sequence at an offset, or 0. Valid are the
-- sequences of the Unicode standard's table 3-7: shortest form, no surrogates,
-- nothing beyond U+10FFFF.
utf8Length :: ByteString -> Int -> Int
utf8Length s i
  | b0 < 0xC2 = 0
  | b0 < 0xE0 = if tailByte 1 then 2 else 0
  | b0 < 0xF0 = if second3 && tailByte 1 && tailByte 2 then 3 else 0
  | b0 < 0xF5 = if second4 && tailByte 1 && tailByte 2 && tailByte 3 then 4 else 0
  | otherwise = 0
  where
    b0 = byteAt i
    b1 = byteAt (i + 1)
    byteAt k = c2w (at s k)
    tailByte k = byteAt (i + k) .&. 0xC0 == 0x80
    second3 = (b0 /= 0xE0 || b1 >= 0xA0) && (b0 /= 0xED || b1 < 0xA0)
    second4 = (b0 /= 0xF0 || b1 >= 0x90) && (b0 /= 0xF4 || b1 < 0x90)

-- Four hexadecimal digits, or -1.
hex4 :: ByteString -> Int -> Int
hex4 s i = go 0 0
  where
    go :: Int -> Int -> Int
    go !k !acc
      | k == 4 = acc
      | d < 0 = -1
      | otherwise = go (k + 1) (acc * 16 + d)
      where
        d = hexDigit (at s (i + k))

-- The value of a hexadecimal digit, or -1.
hexDigit :: Char -> Int
hexDigit c
  | isDigit c = fromIntegral (digitValue c)
  | c >= 'a' && c <= 'f' = ord c - ord 'a' + 10
  | c >= 'A' && c <= 'F' = ord c - ord 'A' + 10
  | otherwise = -1
