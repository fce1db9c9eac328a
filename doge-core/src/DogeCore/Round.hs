-- | Python's @round@, right on every double.
module DogeCore.Round
  ( pythonRound,
    roundToInteger,
    doubleOfInteger,
    pyMax,
    pyMin,
    orElse,
    isFinite,
  )
where

import Data.Array.Unboxed (UArray, listArray, (!))
import GHC.Float (rationalToDouble)

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

roundPositive :: Double -> Int -> Double
roundPositive x n
  | e >= 0 && n >= 0 = x
  | k == 0 = 0.0
  | k < 9007199254740992 && n >= 0 && n <= 22 = fromInteger k / (powersOfTen ! n)
  | n >= 0 = rationalToDouble k (10 ^ n)
  | otherwise = rationalToDouble (k * 10 ^ negate n) 1
  where
    (m, e) = decodeFloat x
    k = halfEven numerator denominator
    numerator = m * (if n > 0 then 10 ^ n else 1) * (if e > 0 then 2 ^ e else 1)
    denominator = (if n < 0 then 10 ^ negate n else 1) * (if e < 0 then 2 ^ negate e else 1)

-- | Python's @round(x)@ of a finite double.
roundToInteger :: Double -> Integer
roundToInteger x = signum m * halfEven numerator denominator
  where
    (m, e) = decodeFloat x
    numerator = abs m * (if e > 0 then 2 ^ e else 1)
    denominator = if e < 0 then 2 ^ negate e else 1

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
