{-# LANGUAGE MagicHash #-}
{-# LANGUAGE UnboxedTuples #-}

-- | Writing decimal digits, two at a time.
module DogeCore.Json.Digits
  ( putDigits,
    putPadded,
  )
where

import Data.Bits (unsafeShiftR)
import Data.ByteString.Internal (c2w)
import Data.Word (Word16, Word8)
import Foreign.Ptr (castPtr, plusPtr)
import Foreign.Storable (peek, poke)
import GHC.Exts (Int (..), Ptr (..), Word (..), int2Word#, timesWord2#, word2Int#)

-- | Write a number that is not negative; returns the place behind it.
putDigits :: Int -> Ptr Word8 -> IO (Ptr Word8)
putDigits n p = putPadded n p size >> pure (p `plusPtr` size)
  where
    size = digitCount n

-- | Write a number that is not negative with so many digits, padded with
-- leading zeros.
putPadded :: Int -> Ptr Word8 -> Int -> IO ()
putPadded !n !p !size
  | size >= 2 = do
      let q = hundredth n
          pair = digitPairs `plusPtr` (2 * (n - 100 * q)) :: Ptr Word16
      peek pair >>= poke (castPtr p `plusPtr` (size - 2))
      putPadded q p (size - 2)
  | size == 1 = poke p (c2w '0' + fromIntegral n)
  | otherwise = pure ()

-- The quotient n / 100 for n >= 0, as a product: the high word of a quarter of n
-- times 2^66 / 25, rounded up, is four times the quotient.
hundredth :: Int -> Int
hundredth (I# n) = case 0x28F5C28F5C28F5C3 of
  W# factor -> case W# (int2Word# n) `unsafeShiftR` 2 of
    W# quarter -> case timesWord2# quarter factor of
      (# high, _ #) -> case W# high `unsafeShiftR` 2 of
        W# q -> I# (word2Int# q)
{-# INLINE hundredth #-}

-- The number of digits of a number that is not negative.
digitCount :: Int -> Int
digitCount n
  | n < 10000 = if n < 100 then (if n < 10 then 1 else 2) else if n < 1000 then 3 else 4
  | n < 100000000 = if n < 1000000 then (if n < 100000 then 5 else 6) else if n < 10000000 then 7 else 8
  | n < 10000000000 = if n < 1000000000 then 9 else 10
  | otherwise = 8 + digitCount (n `quot` 100000000)

-- The pairs of digits from 00 to 99.
digitPairs :: Ptr Word16
digitPairs =
  Ptr
    "0001020304050607080910111213141516171819\
    \2021222324252627282930313233343536373839\
    \4041424344454647484950515253545556575859\
    \6061626364656667686970717273747576777879\
    \8081828384858687888990919293949596979899"#
