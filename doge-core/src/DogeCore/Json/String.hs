-- | JSON strings: a plain one is a slice of the line, one with escapes or
-- characters beyond ASCII is checked and copied.
module DogeCore.Json.String
  ( parseString,
    Parsed (..),
  )
where

import Data.Bits (countTrailingZeros, unsafeShiftL, unsafeShiftR, xor, (.&.), (.|.))
import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import qualified Data.ByteString.Internal as BI
import qualified Data.ByteString.Unsafe as BU
import Data.Word (Word64, Word8)
import DogeCore.XxHash (peek64)
import Foreign.ForeignPtr (withForeignPtr)
import Foreign.Ptr (Ptr, castPtr, plusPtr)
import Foreign.Storable (pokeByteOff)
import System.IO.Unsafe (unsafeDupablePerformIO)

-- | A string and the offset behind its closing quote.
data Parsed
  = -- | Valid UTF-8.
    Whole !Int !ByteString
  | -- | With a lone surrogate in it.
    Lone !Int !ByteString
  | -- | Where and why it is no string.
    NoString !Int !ByteString

-- | Parse the string whose opening quote is just before the offset.
parseString :: ByteString -> Int -> Parsed
parseString s start = quick start
  where
    -- Eight bytes at a time, up to the first that is not plain.
    quick !i
      | i + 8 > B.length s = plain i
      | special == 0 = quick (i + 8)
      | otherwise = plain (i + countTrailingZeros special `unsafeShiftR` 3)
      where
        special = specialBytes (word64At s i)
    plain !i
      | i >= B.length s = NoString i "unterminated string"
      | otherwise = case BU.unsafeIndex s i of
          34 -> Whole (i + 1) (BU.unsafeTake (i - start) (BU.unsafeDrop start s))
          92 -> unescape s start
          b
            | b < 32 -> NoString i "control character in a string"
            | b < 128 -> plain (i + 1)
            | otherwise -> unescape s start

-- The top bit of each byte that is a quote, a backslash, a control or beyond
-- ASCII. A byte above the lowest such one may be told wrongly.
specialBytes :: Word64 -> Word64
specialBytes w = (w .|. (w - 0x2020202020202020) .|. zeros (w `xor` 0x2222222222222222) .|. zeros (w `xor` 0x5C5C5C5C5C5C5C5C)) .&. tops
  where
    zeros x = x - 0x0101010101010101
    tops = 0x8080808080808080

word64At :: ByteString -> Int -> Word64
word64At s i = unsafeDupablePerformIO (BU.unsafeUseAsCString s (\p -> peek64 (castPtr p `plusPtr` i)))
{-# INLINE word64At #-}

-- The general way. The decoded text is never longer than its spelling.
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
    room = closing start - start + 4
    closing !i
      | i >= B.length s = i
      | BU.unsafeIndex s i == 34 = i
      | BU.unsafeIndex s i == 92 = closing (i + 2)
      | otherwise = closing (i + 1)

data Copied = Ended !Int !Int !Bool | Broke !Int !ByteString

copy :: ByteString -> Ptr Word8 -> Int -> IO Copied
copy s p start = go start 0 False
  where
    go !i !o !lone
      | i >= B.length s = pure (Broke i "unterminated string")
      | otherwise = case BU.unsafeIndex s i of
          34 -> pure (Ended (i + 1) o lone)
          92 -> escape i o lone
          b
            | b < 32 -> pure (Broke i "control character in a string")
            | b < 128 -> pokeByteOff p o b >> go (i + 1) (o + 1) lone
            | otherwise -> case utf8Length s i of
                0 -> pure (Broke i "invalid UTF-8")
                n -> do
                  mapM_ (\k -> pokeByteOff p (o + k) (BU.unsafeIndex s (i + k))) [0 .. n - 1]
                  go (i + n) (o + n) lone
    escape !i !o !lone = case at s (i + 1) of
      34 -> short 34
      92 -> short 92
      47 -> short 47
      98 -> short 8
      102 -> short 12
      110 -> short 10
      114 -> short 13
      116 -> short 9
      117 -> unicode i o lone
      _ -> pure (Broke i "unknown escape")
      where
        short :: Word8 -> IO Copied
        short b = pokeByteOff p o b >> go (i + 2) (o + 1) lone
    unicode !i !o !lone = case hex4 s (i + 2) of
      c
        | c < 0 -> pure (Broke i "bad \\u escape")
        | c >= 0xD800 && c < 0xDC00,
          at s (i + 6) == 92,
          at s (i + 7) == 117,
          low <- hex4 s (i + 8),
          low >= 0xDC00 && low < 0xE000 -> do
            n <- pokeChar p o (0x10000 + ((c - 0xD800) `unsafeShiftL` 10) + (low - 0xDC00))
            go (i + 12) (o + n) lone
        | otherwise -> do
            n <- pokeChar p o c
            go (i + 6) (o + n) (lone || (c >= 0xD800 && c < 0xE000))

pokeChar :: Ptr Word8 -> Int -> Int -> IO Int
pokeChar p o c
  | c < 0x80 = put 0 c >> pure 1
  | c < 0x800 = put 0 (0xC0 .|. (c `unsafeShiftR` 6)) >> low 1 0 >> pure 2
  | c < 0x10000 = put 0 (0xE0 .|. (c `unsafeShiftR` 12)) >> low 1 6 >> low 2 0 >> pure 3
  | otherwise = put 0 (0xF0 .|. (c `unsafeShiftR` 18)) >> low 1 12 >> low 2 6 >> low 3 0 >> pure 4
  where
    put k b = pokeByteOff p (o + k) (fromIntegral b :: Word8)
    low k shift = put k (0x80 .|. ((c `unsafeShiftR` shift) .&. 0x3F))

-- The length of the valid UTF-8 sequence at an offset, or 0.
utf8Length :: ByteString -> Int -> Int
utf8Length s i
  | b0 < 0xC2 = 0
  | b0 < 0xE0 = if tailByte 1 then 2 else 0
  | b0 < 0xF0 = if second3 && tailByte 1 && tailByte 2 then 3 else 0
  | b0 < 0xF5 = if second4 && tailByte 1 && tailByte 2 && tailByte 3 then 4 else 0
  | otherwise = 0
  where
    b0 = at s i
    b1 = at s (i + 1)
    tailByte k = at s (i + k) .&. 0xC0 == 0x80
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

hexDigit :: Word8 -> Int
hexDigit b
  | b >= 48 && b <= 57 = fromIntegral b - 48
  | b >= 97 && b <= 102 = fromIntegral b - 87
  | b >= 65 && b <= 70 = fromIntegral b - 55
  | otherwise = -1

at :: ByteString -> Int -> Word8
at s i
  | i < B.length s = BU.unsafeIndex s i
  | otherwise = 0
{-# INLINE at #-}
