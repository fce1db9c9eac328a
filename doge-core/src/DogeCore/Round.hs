{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}

-- | Python's @round@, right on every double.
module DogeCore.Round
  ( pythonRound,
    roundWhole,
    doubleOfInteger,
    pyMax,
    pyMin,
    orElse,
    isFinite,
  )
where

import Data.Array.Base (unsafeAt)
import Data.Array.Unboxed (UArray, listArray)
import Data.Bits (unsafeShiftL, unsafeShiftR, (.&.))
import Data.Word (Word64)
import GHC.Exts (Word (..), timesWord2#)
import GHC.Float (castDoubleToWord64, rationalToDouble)

-- | Python's @round(x, n)@: the decimal with @n@ places nearest to the exact
-- binary value of @x@, ties to even, read back as a double.
--
-- DIFFERENCE: where Python raises @OverflowError@ (a rounded value beyond the
-- largest double) this answers an infinity of that sign; the reducer refuses
-- an infinite result with the same kind of error.
pythonRound :: Double -> Int -> Double
pythonRound x n
  | not (isFinite x) || x == 0 || n > 323 = x
  | n < -308 = 0.0 * x
  | x < 0 = negate (roundPositive (negate x) n)
  | otherwise = roundPositive x n

-- Nearly every price takes the first way: mantissa and power of ten are one
-- word each, their product is exact in two, and a quotient of two doubles
-- that are exact is rounded correctly.
roundPositive :: Double -> Int -> Double
roundPositive x n
  | n >= 0 && n <= 19 && shift >= 1 && shift <= 116 && q < 9007199254740992 =
      fromIntegral q / powersOfTen `unsafeAt` n
  | otherwise = roundExactly x n
  where
    bits = castDoubleToWord64 x
    biased = fromIntegral (bits `unsafeShiftR` 52) :: Int
    fraction = bits .&. 4503599627370495
    m = if biased == 0 then fraction else fraction + 4503599627370496
    shift = 1075 - max 1 biased
    q = shiftHalfEven (timesWord2 m (wordPowersOfTen `unsafeAt` n)) shift

-- A two-word number over a power of two, ties to even; the largest word where
-- the result has more than one.
shiftHalfEven :: (Word64, Word64) -> Int -> Word64
shiftHalfEven (high, low) shift
  | shift > 64 =
      let s = shift - 64
          rest = high .&. ((1 `unsafeShiftL` s) - 1)
          half = 1 `unsafeShiftL` (s - 1)
       in nearest (high `unsafeShiftR` s) (rest > half || rest == half && low /= 0) (rest == half && low == 0)
  | shift == 64 = nearest high (low > top) (low == top)
  | high `unsafeShiftR` shift /= 0 = maxBound
  | otherwise =
      let rest = low .&. ((1 `unsafeShiftL` shift) - 1)
          half = 1 `unsafeShiftL` (shift - 1)
       in nearest ((high `unsafeShiftL` (64 - shift)) + (low `unsafeShiftR` shift)) (rest > half) (rest == half)
  where
    top = 9223372036854775808
    nearest k above tie = if above || (tie && odd k) then k + 1 else k

timesWord2 :: Word64 -> Word64 -> (Word64, Word64)
timesWord2 a b = case (fromIntegral a, fromIntegral b) of
  (W# x, W# y) -> case timesWord2# x y of
    (# high, low #) -> (fromIntegral (W# high), fromIntegral (W# low))

-- The general way, in exact integers.
roundExactly :: Double -> Int -> Double
roundExactly x n
  | e >= 0 && n >= 0 = x
  | k == 0 = 0.0
  | k < 9007199254740992 && n >= 0 && n <= 22 = fromInteger k / powersOfTen `unsafeAt` n
  | n >= 0 = rationalToDouble k (10 ^ n)
  | otherwise = rationalToDouble (k * 10 ^ negate n) 1
  where
    (m, e) = decodeFloat x
    k = halfEven numerator denominator
    numerator = m * (if n > 0 then 10 ^ n else 1) * (if e > 0 then 2 ^ e else 1)
    denominator = (if n < 0 then 10 ^ negate n else 1) * (if e < 0 then 2 ^ negate e else 1)

-- | Python's @float(round(x))@ of a finite double: nearest integer, ties to
-- even, and no negative zero. From 2^52 on every double is an integer.
roundWhole :: Double -> Double
roundWhole x
  | abs x < 4503599627370496 = fromIntegral (round x :: Int)
  | otherwise = x

-- Nearest integer to a non-negative ratio, ties to even.
halfEven :: Integer -> Integer -> Integer
halfEven n d = case compare (2 * r) d of
  LT -> q
  EQ -> if even q then q else q + 1
  GT -> q + 1
  where
    (q, r) = n `quotRem` d

-- | Python's @float(n)@: nearest double, ties to even. ('fromInteger' cuts
-- off beyond 64 bits.)
doubleOfInteger :: Integer -> Double
doubleOfInteger n
  | abs n < 9223372036854775808 = fromIntegral (fromInteger n :: Int)
  | otherwise = rationalToDouble n 1

wordPowersOfTen :: UArray Int Word64
wordPowersOfTen = listArray (0, 19) [10 ^ i | i <- [0 .. 19 :: Int]]

powersOfTen :: UArray Int Double
powersOfTen = listArray (0, 22) [fromInteger (10 ^ i) | i <- [0 .. 22 :: Int]]

-- | Python's @max(a, b)@: the second only if it is greater.
pyMax :: Double -> Double -> Double
pyMax a b = if b > a then b else a
{-# INLINE pyMax #-}

-- | Python's @min(a, b)@: the second only if it is smaller.
pyMin :: Double -> Double -> Double
pyMin a b = if b < a then b else a
{-# INLINE pyMin #-}

-- | Python's @a or b@ on floats: both zeros count as absent.
orElse :: Double -> Double -> Double
orElse a b = if a == 0 then b else a
{-# INLINE orElse #-}

-- | Neither infinite nor NaN.
isFinite :: Double -> Bool
isFinite x = x - x == 0
{-# INLINE isFinite #-}
