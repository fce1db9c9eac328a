-- | The layout of an IEEE 754 double, and the powers of ten that fit a double
-- or a machine word exactly.
module DogeCore.DoubleFormat
  ( -- * Layout
    mantissaBits,
    hiddenBit,
    fractionMask,
    unitExponent,
    exactIntegers,

    -- * Machine words
    wordBits,
    topBit,

    -- * Powers of ten
    exactPowerMax,
    exactPowers,
    wordPowerMax,
    wordPowers,
    wordDigits,
  )
where

import Data.Array.Unboxed (UArray, listArray)
import Data.Word (Word64)

-- | The bits of the mantissa that are stored: 52.
mantissaBits :: Int
mantissaBits = 52
{-# INLINE mantissaBits #-}

-- | The leading bit of a normal mantissa, which is not stored: 2^52. From here
-- on every double is an integer.
hiddenBit :: Num a => a
hiddenBit = 0x10000000000000
{-# INLINE hiddenBit #-}

-- | The stored bits of the mantissa: 2^52 - 1.
fractionMask :: Word64
fractionMask = 0xFFFFFFFFFFFFF
{-# INLINE fractionMask #-}

-- | The biased exponent of a double whose mantissa, read as an integer, is its
-- value: the bias of 1023 plus 'mantissaBits'.
unitExponent :: Int
unitExponent = 1075
{-# INLINE unitExponent #-}

-- | Every integer below this, 2^53, is exactly a double.
exactIntegers :: Num a => a
exactIntegers = 0x20000000000000
{-# INLINE exactIntegers #-}

-- | The bits of a machine word: 64.
wordBits :: Int
wordBits = 64
{-# INLINE wordBits #-}

-- | The highest bit of a machine word: 2^63.
topBit :: Num a => a
topBit = 0x8000000000000000
{-# INLINE topBit #-}

-- | The largest power of ten that is exactly a double: 10^22.
exactPowerMax :: Int
exactPowerMax = 22
{-# INLINE exactPowerMax #-}

-- | Powers of ten as doubles, up to 'exactPowerMax'.
exactPowers :: UArray Int Double
exactPowers = listArray (0, exactPowerMax) [fromInteger (10 ^ i) | i <- [0 .. exactPowerMax]]

-- | The largest power of ten that fits a machine word: 10^19.
wordPowerMax :: Int
wordPowerMax = 19
{-# INLINE wordPowerMax #-}

-- | Powers of ten as words, up to 'wordPowerMax'.
wordPowers :: UArray Int Word64
wordPowers = listArray (0, wordPowerMax) [10 ^ i | i <- [0 .. wordPowerMax]]

-- | The most decimal digits that always fit a machine word: 19.
wordDigits :: Int
wordDigits = 19
{-# INLINE wordDigits #-}
