{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}

-- | Decimal numbers to doubles: the nearest one, ties to even, always.
module DogeCore.Json.Decimal
  ( decimalToDouble,
    bigDecimalToDouble,
  )
where

import Data.Array.Unboxed (UArray, listArray)
import Data.Array.Base (unsafeAt)
import Data.Bits (countLeadingZeros, unsafeShiftL, unsafeShiftR, (.&.))
import Data.Word (Word64)
import GHC.Exts (Word (..), quotRemWord2#)
import GHC.Float (castWord64ToDouble, rationalToDouble)

-- | @m * 10^e@ for a mantissa of one machine word.
--
-- Exact operands make one correctly rounded operation (nearly every price);
-- for up to 19 decimals one 128-bit division is exact with its remainder;
-- whatever is left takes the long way.
decimalToDouble :: Word64 -> Int -> Double
decimalToDouble m e
  | m == 0 = 0.0
  | m < 9007199254740992 && e >= -22 && e <= 22 =
      if e < 0
        then fromIntegral m / powersOfTen `unsafeAt` negate e
        else fromIntegral m * powersOfTen `unsafeAt` e
  | e < 0 && e >= -19 = divided m (wordPowersOfTen `unsafeAt` negate e)
  | otherwise = bigDecimalToDouble (toInteger m) e

-- | The same for a mantissa of any length. Exponents that cannot matter are
-- cut short, so that 1e999999999 costs nothing.
bigDecimalToDouble :: Integer -> Int -> Double
bigDecimalToDouble m e
  | m == 0 = 0.0
  | e > 400 = 1 / 0
  | e >= 0 = rationalToDouble (m * 10 ^ e) 1
  | e < -1600 = 0.0 -- a mantissa has at most 1100 digits
  | otherwise = rationalToDouble m (10 ^ negate e)

-- m / d for d a word: both are shifted to their top bit, so that the quotient
-- has 62 or more bits; the remainder tells on which side of a tie it is.
divided :: Word64 -> Word64 -> Double
divided m d = castWord64ToDouble ((biased `unsafeShiftL` 52) + (rounded - 4503599627370496))
  where
    shiftM = countLeadingZeros m
    shiftD = countLeadingZeros d
    high = (m `unsafeShiftL` shiftM) `unsafeShiftR` 1
    low = ((m `unsafeShiftL` shiftM) .&. 1) `unsafeShiftL` 63
    (q, r) = quotRem2 high low (d `unsafeShiftL` shiftD)
    -- q * 2^(-63 - shiftM + shiftD) is the value
    spare = 11 - countLeadingZeros q
    kept = q `unsafeShiftR` spare
    cut = q .&. ((1 `unsafeShiftL` spare) - 1)
    half = 1 `unsafeShiftL` (spare - 1)
    up = cut > half || (cut == half && (r /= 0 || odd kept))
    rounded = if up then kept + 1 else kept
    biased = fromIntegral (1075 + spare - 63 - shiftM + shiftD) :: Word64

quotRem2 :: Word64 -> Word64 -> Word64 -> (Word64, Word64)
quotRem2 high low d = case (fromIntegral high, fromIntegral low, fromIntegral d) of
  (W# h, W# l, W# n) -> case quotRemWord2# h l n of
    (# q, r #) -> (fromIntegral (W# q), fromIntegral (W# r))

powersOfTen :: UArray Int Double
powersOfTen = listArray (0, 22) [fromInteger (10 ^ i) | i <- [0 .. 22 :: Int]]

wordPowersOfTen :: UArray Int Word64
wordPowersOfTen = listArray (0, 19) [10 ^ i | i <- [0 .. 19 :: Int]]

