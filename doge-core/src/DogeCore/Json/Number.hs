-- | JSON numbers: a strict grammar that keeps the sign of zero.
module DogeCore.Json.Number
  ( parseNumber,
    Scanned (..),
    numberLimit,
  )
where

import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import qualified Data.ByteString.Char8 as BC
import Data.Word (Word64)
import DogeCore.DoubleFormat (wordDigits)
import DogeCore.Json.Bytes (at, digitValue, isDigit, unsafeAt)
import DogeCore.Json.Decimal (bigDecimalToDouble, decimalToDouble)
import DogeCore.Json.Value (Value (..))

-- | The most characters of a number.
numberLimit :: Int
numberLimit = 1100

-- The most digits whose number always fits an 'Int', whatever its sign.
intDigits :: Int
intDigits = 18
{-# INLINE intDigits #-}

-- Reading an exponent stops once it is larger than this: the number is infinite
-- or zero, whatever digits follow.
exponentLimit :: Int
exponentLimit = 100000

-- | The result of parsing a number: the offset behind it and its value, or the
-- offset and the reason of an error.
data Scanned
  = Number !Int !Value
  | NoNumber !Int !ByteString

-- | Parse the number that starts at an offset with a digit or a minus.
parseNumber :: ByteString -> Int -> Scanned
parseNumber s start
  | places == 0 || places > intDigits || (places > 1 && at s first == '0') = general
  | point == '.' && decimals > 0 && places + decimals <= intDigits && not (isExponent (at s fractionEnd)) =
      let x = decimalToDouble fraction (negate decimals)
       in Number fractionEnd (JFloat (if negative then negate x else x))
  | point == '.' || isExponent point = general
  | otherwise = Number wholeEnd (JInt (if negative then negate (fromIntegral whole) else fromIntegral whole))
  where
    negative = unsafeAt s start == '-'
    first = if negative then start + 1 else start
    !(Digits wholeEnd whole) = readDigits s first 0
    places = wholeEnd - first
    point = at s wholeEnd
    Digits fractionEnd fraction = readDigits s (wholeEnd + 1) whole
    decimals = fractionEnd - wholeEnd - 1
    general = either (uncurry NoNumber) (uncurry Number) (parseGeneral s start)

-- The offset behind some digits, and the number that they make with the digits
-- read before. It wraps if there are more than 'wordDigits' digits in all.
data Digits = Digits !Int !Word64

readDigits :: ByteString -> Int -> Word64 -> Digits
readDigits s = go
  where
    go !i !acc
      | d <= 9 = go (i + 1) (acc * 10 + fromIntegral d)
      | otherwise = Digits i acc
      where
        d = digitValue (at s i)

-- Parse any number, including those with many digits or an exponent, and report
-- mistakes.
parseGeneral :: ByteString -> Int -> Either (Int, ByteString) (Int, Value)
parseGeneral s start
  | isDigit (at s first) && at s first == '0' && isDigit (at s (first + 1)) =
      Left (first + 1, "leading zero")
  | not (isDigit (at s first)) = Left (first, "expected a digit")
  | fractionEnd == wholeEnd + 1 = Left (fractionEnd, "expected a digit")
  | exponentEnd == digitsFrom && hasExponent = Left (exponentEnd, "expected a digit")
  | end - start > numberLimit = Left (start, BC.pack ("a number longer than " ++ show numberLimit ++ " characters"))
  | fractionEnd == wholeEnd && not hasExponent = Right (end, wholeValue negative s first wholeEnd)
  | otherwise = Right (end, JFloat (if negative then negate magnitude else magnitude))
  where
    negative = at s start == '-'
    first = if negative then start + 1 else start
    wholeEnd = digitsEnd s first
    fractionEnd = if at s wholeEnd == '.' then digitsEnd s (wholeEnd + 1) else wholeEnd
    hasExponent = isExponent (at s fractionEnd)
    signAt = fractionEnd + 1
    digitsFrom = if at s signAt == '+' || at s signAt == '-' then signAt + 1 else signAt
    exponentEnd = digitsEnd s digitsFrom
    end = if hasExponent then exponentEnd else fractionEnd
    power
      | not hasExponent = 0
      | at s signAt == '-' = negate (exponentValue s digitsFrom exponentEnd)
      | otherwise = exponentValue s digitsFrom exponentEnd
    places = if fractionEnd > wholeEnd then fractionEnd - wholeEnd - 1 else 0
    magnitude
      | fractionEnd - first <= wordDigits =
          decimalToDouble (word s (wholeEnd + 1) fractionEnd (word s first wholeEnd 0)) (power - places)
      | otherwise =
          let digits = B.append (slice first wholeEnd s) (slice (wholeEnd + 1) fractionEnd s)
           in bigDecimalToDouble (integer digits) (power - places)

isExponent :: Char -> Bool
isExponent c = c == 'e' || c == 'E'
{-# INLINE isExponent #-}

-- The value of a whole number between two offsets.
wholeValue :: Bool -> ByteString -> Int -> Int -> Value
wholeValue negative s from to
  | to - from <= intDigits = JInt (signed (fromIntegral (word s from to 0)))
  | big >= toInteger (minBound :: Int) && big <= toInteger (maxBound :: Int) = JInt (fromInteger big)
  | otherwise = JBig big
  where
    signed n = if negative then negate n else n
    big = signed (integer (slice from to s))

-- The number that the digits of a range make with those read before; at most
-- 'wordDigits' in all.
word :: ByteString -> Int -> Int -> Word64 -> Word64
word s = go
  where
    go !i !to !acc
      | i >= to = acc
      | otherwise = go (i + 1) to (acc * 10 + fromIntegral (digitValue (unsafeAt s i)))

-- The number that digits make, however many there are. They are read in chunks,
-- because each step costs a multiplication of big integers.
integer :: ByteString -> Integer
integer = go 0
  where
    go !acc digits
      | B.null digits = acc
      | otherwise =
          let (chunk, rest) = B.splitAt intDigits digits
              n = B.length chunk
           in go (acc * 10 ^ n + toInteger (word chunk 0 n 0)) rest

-- The number that the digits of an exponent make, or one beyond
-- 'exponentLimit'.
exponentValue :: ByteString -> Int -> Int -> Int
exponentValue s = go 0
  where
    go !acc !i !to
      | i >= to || acc > exponentLimit = acc
      | otherwise = go (acc * 10 + fromIntegral (digitValue (unsafeAt s i))) (i + 1) to

-- The offset behind the digits that start at an offset.
digitsEnd :: ByteString -> Int -> Int
digitsEnd s !i
  | isDigit (at s i) = digitsEnd s (i + 1)
  | otherwise = i

slice :: Int -> Int -> ByteString -> ByteString
slice from to s = B.take (to - from) (B.drop from s)
