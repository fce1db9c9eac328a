{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}

-- | Python's arithmetic on floats: @round@, @max@, @min@ and @or@, exactly as
-- Python has them on every double. The reference uses the built-in functions.
module DogeCore.PythonFloat
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
import Data.Bits (unsafeShiftL, unsafeShiftR, (.&.))
import Data.Word (Word64)
import DogeCore.DoubleFormat
  ( exactIntegers,
    exactPowerMax,
    exactPowers,
    fractionMask,
    hiddenBit,
    mantissaBits,
    topBit,
    unitExponent,
    wordBits,
    wordPowerMax,
    wordPowers,
  )
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
  | not (isFinite x) || x == 0 || n > placesMax = x
  | n < placesMin = 0.0 * x
  | x < 0 = negate (roundPositive (negate x) n)
  | otherwise = roundPositive x n

-- CPython's limits: with more places than 'placesMax' a double keeps its value,
-- with fewer than 'placesMin' it becomes zero.
placesMax, placesMin :: Int
placesMax = 323
placesMin = -308
{-# INLINE placesMax #-}
{-# INLINE placesMin #-}

-- Nearly every price takes the first branch: mantissa and power of ten are one
-- word each, their product is exact in two words, and the quotient of two
-- exact doubles is rounded correctly.
roundPositive :: Double -> Int -> Double
roundPositive x n
  | n >= 0 && n <= wordPowerMax && shift >= 1 && shift <= shiftMax && q < exactIntegers =
      fromIntegral q / exactPowers `unsafeAt` n
  | otherwise = roundExactly x n
  where
    bits = castDoubleToWord64 x
    biased = fromIntegral (bits `unsafeShiftR` mantissaBits) :: Int
    fraction = bits .&. fractionMask
    m = if biased == 0 then fraction else fraction + hiddenBit
    shift = unitExponent - max 1 biased
    -- The product has at most 117 bits, 53 and 64. Longer shifts take the exact
    -- branch.
    shiftMax = 116
    q = shiftHalfEven (timesWord2 m (wordPowers `unsafeAt` n)) shift

-- A two-word number divided by a power of two, rounded to the nearest integer,
-- ties to even; the largest word if the result needs more than one word.
shiftHalfEven :: (Word64, Word64) -> Int -> Word64
shiftHalfEven (high, low) shift
  | shift > wordBits =
      let s = shift - wordBits
          rest = high .&. ((1 `unsafeShiftL` s) - 1)
          half = 1 `unsafeShiftL` (s - 1)
       in nearest (high `unsafeShiftR` s) (rest > half || rest == half && low /= 0) (rest == half && low == 0)
  | shift == wordBits = nearest high (low > topBit) (low == topBit)
  | high `unsafeShiftR` shift /= 0 = maxBound
  | otherwise =
      let rest = low .&. ((1 `unsafeShiftL` shift) - 1)
          half = 1 `unsafeShiftL` (shift - 1)
       in nearest ((high `unsafeShiftL` (wordBits - shift)) + (low `unsafeShiftR` shift)) (rest > half) (rest == half)
  where
    nearest k above tie = if above || (tie && odd k) then k + 1 else k

-- The product of two words as a high and a low word.
timesWord2 :: Word64 -> Word64 -> (Word64, Word64)
timesWord2 a b = case (fromIntegral a, fromIntegral b) of
  (W# x, W# y) -> case timesWord2# x y of
    (# high, low #) -> (fromIntegral (W# high), fromIntegral (W# low))

-- The same for any positive double, in exact integers.
roundExactly :: Double -> Int -> Double
roundExactly x n
  | e >= 0 && n >= 0 = x
  | k == 0 = 0.0
  | k < exactIntegers && n >= 0 && n <= exactPowerMax = fromInteger k / exactPowers `unsafeAt` n
  | n >= 0 = rationalToDouble k (10 ^ n)
  | otherwise = rationalToDouble (k * 10 ^ negate n) 1
  where
    (m, e) = decodeFloat x
    k = halfEven numerator denominator
    numerator = m * (if n > 0 then 10 ^ n else 1) * (if e > 0 then 2 ^ e else 1)
    denominator = (if n < 0 then 10 ^ negate n else 1) * (if e < 0 then 2 ^ negate e else 1)

-- | Python's @float(round(x))@ of a finite double: the nearest integer, ties to
-- even, and no negative zero. From 'hiddenBit' on every double is an integer.
roundWhole :: Double -> Double
roundWhole x
  | abs x < hiddenBit = fromIntegral (round x :: Int)
  | otherwise = x

-- The nearest integer to a non-negative ratio, ties to even.
halfEven :: Integer -> Integer -> Integer
halfEven n d = case compare (2 * r) d of
  LT -> q
  EQ -> if even q then q else q + 1
  GT -> q + 1
  where
    (q, r) = n `quotRem` d

-- | Python's @float(n)@: the nearest double, ties to even. ('fromInteger'
-- truncates beyond 64 bits.)
doubleOfInteger :: Integer -> Double
doubleOfInteger n
  | abs n < topBit = fromIntegral (fromInteger n :: Int)
  | otherwise = rationalToDouble n 1

-- | Python's @max(a, b)@: @b@ only if it is greater.
pyMax :: Double -> Double -> Double
pyMax a b = if b > a then b else a
{-# INLINE pyMax #-}

-- | Python's @min(a, b)@: @b@ only if it is smaller.
pyMin :: Double -> Double -> Double
pyMin a b = if b < a then b else a
{-# INLINE pyMin #-}

-- | Python's @a or b@ on floats: both zeros count as absent.
orElse :: Double -> Double -> Double
orElse a b = if a == 0 then b else a
{-# INLINE orElse #-}

-- | A number that is neither infinite nor NaN.
isFinite :: Double -> Bool
isFinite x = x - x == 0
{-# INLINE isFinite #-}
