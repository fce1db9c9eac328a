{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}

-- | Conversion of decimal numbers to the nearest double, ties to even.
module DogeCore.Json.Decimal
  ( decimalToDouble,
    bigDecimalToDouble,
  )
where

import Data.Array.Base (unsafeAt)
import Data.Bits (countLeadingZeros, unsafeShiftL, unsafeShiftR, (.&.))
import Data.Word (Word64)
import DogeCore.DoubleFormat
  ( exactIntegers,
    exactPowerMax,
    exactPowers,
    hiddenBit,
    mantissaBits,
    unitExponent,
    wordBits,
    wordPowerMax,
    wordPowers,
  )
import GHC.Exts (Word (..), quotRemWord2#)
import GHC.Float (castWord64ToDouble, rationalToDouble)

-- | The double nearest to @m * 10^e@, for a mantissa of one machine word.
--
-- If both operands are exact doubles, one operation rounds correctly; nearly
-- every price is such a case. If the power of ten fits a word, one division of
-- two words by one gives quotient and remainder exactly. All other numbers are
-- computed with big integers.
decimalToDouble :: Word64 -> Int -> Double
decimalToDouble m e
  | m == 0 = 0.0
  | m < exactIntegers && e >= negate exactPowerMax && e <= exactPowerMax =
      if e < 0
        then fromIntegral m / exactPowers `unsafeAt` negate e
        else fromIntegral m * exactPowers `unsafeAt` e
  | e < 0 && e >= negate wordPowerMax = divided m (wordPowers `unsafeAt` negate e)
  | otherwise = bigDecimalToDouble (toInteger m) e

-- | The double nearest to @m * 10^e@, for a mantissa of at most 1,100 digits.
-- Exponents beyond every double are answered at once, so that 1e999999999 costs
-- nothing.
bigDecimalToDouble :: Integer -> Int -> Double
bigDecimalToDouble m e
  | m == 0 = 0.0
  | e > exponentMax = 1 / 0
  | e >= 0 = rationalToDouble (m * 10 ^ e) 1
  | e < exponentMin = 0.0
  | otherwise = rationalToDouble m (10 ^ negate e)

-- The exponents from which on a number that is not zero is infinite or zero.
-- The largest double is below 10^309, half the smallest one is above 10^-325,
-- and a mantissa has at most 1,100 digits ('DogeCore.Json.Number.numberLimit').
exponentMax, exponentMin :: Int
exponentMax = 400
exponentMin = -1600

-- The double nearest to m / d. Both are shifted to their top bit, so that the
-- quotient has 62 or more bits; the remainder decides between a tie and its
-- neighbours.
divided :: Word64 -> Word64 -> Double
divided m d = castWord64ToDouble ((biased `unsafeShiftL` mantissaBits) + (rounded - hiddenBit))
  where
    shiftM = countLeadingZeros m
    shiftD = countLeadingZeros d
    high = (m `unsafeShiftL` shiftM) `unsafeShiftR` 1
    low = ((m `unsafeShiftL` shiftM) .&. 1) `unsafeShiftL` (wordBits - 1)
    (q, r) = quotRem2 high low (d `unsafeShiftL` shiftD)
    -- The value is q * 2^(1 - wordBits - shiftM + shiftD). A mantissa keeps 53
    -- bits of q; the spare ones are rounded away.
    spare = wordBits - (mantissaBits + 1) - countLeadingZeros q
    kept = q `unsafeShiftR` spare
    cut = q .&. ((1 `unsafeShiftL` spare) - 1)
    half = 1 `unsafeShiftL` (spare - 1)
    up = cut > half || (cut == half && (r /= 0 || odd kept))
    rounded = if up then kept + 1 else kept
    biased = fromIntegral (unitExponent + spare - (wordBits - 1) - shiftM + shiftD) :: Word64

-- A two-word number divided by a word: quotient and remainder.
quotRem2 :: Word64 -> Word64 -> Word64 -> (Word64, Word64)
quotRem2 high low d = case (fromIntegral high, fromIntegral low, fromIntegral d) of
  (W# h, W# l, W# n) -> case quotRemWord2# h l n of
    (# q, r #) -> (fromIntegral (W# q), fromIntegral (W# r))
