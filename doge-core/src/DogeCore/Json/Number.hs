-- | JSON numbers: strict grammar, with the sign of zero kept.
module DogeCore.Json.Number
  ( parseNumber,
    Scanned (..),
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

-- | A number and the offset behind it, or where and why it is none.
data Scanned
  = Number !Int !Value
  | NoNumber !Int !ByteString

-- | Parse the number that starts at an offset; it is a digit or a minus.
parseNumber :: ByteString -> Int -> Scanned
parseNumber s start
  | places == 0 || places > 18 || (places > 1 && at s first == 48) = general
  | point == 46 && decimals > 0 && places + decimals <= 18 && not (isExponent (at s fractionEnd)) =
      let x = decimalToDouble fraction (negate decimals)
       in Number fractionEnd (JFloat (if negative then negate x else x))
  | point == 46 || isExponent point = general
  | otherwise = Number wholeEnd (JInt (if negative then negate (fromIntegral whole) else fromIntegral whole))
  where
    negative = BU.unsafeIndex s start == 45
    first = if negative then start + 1 else start
    !(Digits wholeEnd whole) = readDigits s first 0
    places = wholeEnd - first
    point = at s wholeEnd
    Digits fractionEnd fraction = readDigits s (wholeEnd + 1) whole
    decimals = fractionEnd - wholeEnd - 1
    isExponent b = b == 101 || b == 69
    general = either (uncurry NoNumber) (uncurry Number) (parseGeneral s start)

-- Where digits end, and all of them behind those already read; wrong beyond 19.
data Digits = Digits !Int !Word64

readDigits :: ByteString -> Int -> Word64 -> Digits
readDigits s = go
  where
    go !i !acc
      | d <= 9 = go (i + 1) (acc * 10 + d)
      | otherwise = Digits i acc
      where
        d = fromIntegral (at s i) - 48 :: Word64

-- Whatever is unusual: many digits, exponents, mistakes.
parseGeneral :: ByteString -> Int -> Either (Int, ByteString) (Int, Value)
parseGeneral s start
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
