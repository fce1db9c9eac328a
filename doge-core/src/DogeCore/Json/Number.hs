-- | JSON numbers: strict grammar, with the sign of zero kept.
module DogeCore.Json.Number
  ( parseNumber,
    numberLimit,
  )
where

import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import qualified Data.ByteString.Unsafe as BU
import Data.Word (Word64, Word8)
import DogeCore.Json.Decimal (bigDecimalToDouble, decimalToDouble)
import DogeCore.Json.Value (Value (..))

-- | The most characters of a number.
numberLimit :: Int
numberLimit = 1100

-- | Parse the number that starts at an offset; it is a digit or a minus.
-- Answers the offset behind it, or where and why it is none.
parseNumber :: ByteString -> Int -> Either (Int, ByteString) (Int, Value)
parseNumber s start
  | isDigit (at s first) && at s first == 48 && isDigit (at s (first + 1)) =
      Left (first + 1, "leading zero")
  | not (isDigit (at s first)) = Left (first, "expected a digit")
  | fractionEnd == wholeEnd + 1 = Left (fractionEnd, "expected a digit")
  | exponentEnd == digitsFrom && hasExponent = Left (exponentEnd, "expected a digit")
  | end - start > numberLimit = Left (start, "a number longer than 1100 characters")
  | fractionEnd == wholeEnd && not hasExponent = Right (end, wholeValue negative s first wholeEnd)
  | otherwise = Right (end, JFloat (if negative then negate magnitude else magnitude))
  where
    negative = at s start == 45
    first = if negative then start + 1 else start
    wholeEnd = digitsEnd s first
    fractionEnd = if at s wholeEnd == 46 then digitsEnd s (wholeEnd + 1) else wholeEnd
    hasExponent = at s fractionEnd == 101 || at s fractionEnd == 69
    signAt = fractionEnd + 1
    digitsFrom = if at s signAt == 43 || at s signAt == 45 then signAt + 1 else signAt
    exponentEnd = digitsEnd s digitsFrom
    end = if hasExponent then exponentEnd else fractionEnd
    power
      | not hasExponent = 0
      | at s signAt == 45 = negate (exponentValue s digitsFrom exponentEnd)
      | otherwise = exponentValue s digitsFrom exponentEnd
    places = if fractionEnd > wholeEnd then fractionEnd - wholeEnd - 1 else 0
    magnitude
      | fractionEnd - first <= 19 =
          decimalToDouble (word s (wholeEnd + 1) fractionEnd (word s first wholeEnd 0)) (power - places)
      | otherwise =
          let digits = B.append (slice first wholeEnd s) (slice (wholeEnd + 1) fractionEnd s)
           in bigDecimalToDouble (integer digits) (power - places)

wholeValue :: Bool -> ByteString -> Int -> Int -> Value
wholeValue negative s from to
  | to - from <= 18 = JInt (signed (fromIntegral (word s from to 0)))
  | big >= toInteger (minBound :: Int) && big <= toInteger (maxBound :: Int) = JInt (fromInteger big)
  | otherwise = JBig big
  where
    signed n = if negative then negate n else n
    big = signed (integer (slice from to s))

-- The digits of a range, after those already read. At most 19 in all.
word :: ByteString -> Int -> Int -> Word64 -> Word64
word s = go
  where
    go !i !to !acc
      | i >= to = acc
      | otherwise = go (i + 1) to (acc * 10 + fromIntegral (BU.unsafeIndex s i - 48))

-- All digits, eighteen at a time: one by one would be quadratic.
integer :: ByteString -> Integer
integer = go 0
  where
    go !acc digits
      | B.null digits = acc
      | otherwise =
          let (chunk, rest) = B.splitAt 18 digits
              n = B.length chunk
           in go (acc * 10 ^ n + toInteger (word chunk 0 n 0)) rest

-- The exponent's digits; what is beyond any double is cut short.
exponentValue :: ByteString -> Int -> Int -> Int
exponentValue s = go 0
  where
    go !acc !i !to
      | i >= to || acc > 100000 = acc
      | otherwise = go (acc * 10 + fromIntegral (BU.unsafeIndex s i - 48)) (i + 1) to

digitsEnd :: ByteString -> Int -> Int
digitsEnd s !i
  | isDigit (at s i) = digitsEnd s (i + 1)
  | otherwise = i

-- A byte, or 0 behind the end.
at :: ByteString -> Int -> Word8
at s i
  | i < B.length s = BU.unsafeIndex s i
  | otherwise = 0
{-# INLINE at #-}

isDigit :: Word8 -> Bool
isDigit b = b - 48 <= 9
{-# INLINE isDigit #-}

slice :: Int -> Int -> ByteString -> ByteString
slice from to s = B.take (to - from) (B.drop from s)
