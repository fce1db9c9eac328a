-- | Reading a line byte by byte. A byte is read as the character with its code,
-- so that the parsers can name characters.
module DogeCore.Json.Bytes
  ( at,
    unsafeAt,
    isDigit,
    digitValue,
  )
where

import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import Data.ByteString.Internal (w2c)
import qualified Data.ByteString.Unsafe as BU
import Data.Char (ord)

-- | The byte at an offset, or @\'\\0\'@ behind the end.
at :: ByteString -> Int -> Char
at s i
  | i < B.length s = unsafeAt s i
  | otherwise = '\0'
{-# INLINE at #-}

-- | The byte at an offset that is known to lie within the line.
unsafeAt :: ByteString -> Int -> Char
unsafeAt s i = w2c (BU.unsafeIndex s i)
{-# INLINE unsafeAt #-}

-- | An ASCII digit.
isDigit :: Char -> Bool
isDigit c = digitValue c <= 9
{-# INLINE isDigit #-}

-- | The value of an ASCII digit; more than 9 for any other character.
digitValue :: Char -> Word
digitValue c = fromIntegral (ord c) - fromIntegral (ord '0')
{-# INLINE digitValue #-}
