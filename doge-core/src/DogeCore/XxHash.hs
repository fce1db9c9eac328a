-- | XXH64, the 64-bit hash of the digests, from its published description.
module DogeCore.XxHash
  ( xxh64,
    xxh64Bytes,
    hex16,
  )
where

import Data.Bits (unsafeShiftL, unsafeShiftR, xor, (.&.), (.|.))
import Data.ByteString (ByteString)
import qualified Data.ByteString.Internal as BI
import qualified Data.ByteString.Unsafe as BU
import Data.Word (Word32, Word64, Word8, byteSwap32, byteSwap64)
import Foreign.Ptr (Ptr, castPtr, plusPtr)
import Foreign.Storable (peek, pokeByteOff)
import GHC.ByteOrder (ByteOrder (..), targetByteOrder)
import System.IO.Unsafe (unsafeDupablePerformIO)

-- | Hash of a byte string under a seed.
xxh64Bytes :: Word64 -> ByteString -> Word64
xxh64Bytes seed s = unsafeDupablePerformIO $
  BU.unsafeUseAsCStringLen s $ \(p, size) -> xxh64 seed (castPtr p) size

-- | Hash of raw memory under a seed.
xxh64 :: Word64 -> Ptr Word8 -> Int -> IO Word64
xxh64 seed start size
  | size >= 32 = stripes start size start1 start2 seed (seed - prime1)
  | otherwise = tailed (seed + prime5 + fromIntegral size) start size
  where
    start1 = seed + prime1 + prime2
    start2 = seed + prime2
    stripes !p !left !a !b !c !d
      | left >= 32 = do
          w0 <- peek64 p
          w1 <- peek64 (p `plusPtr` 8)
          w2 <- peek64 (p `plusPtr` 16)
          w3 <- peek64 (p `plusPtr` 24)
          stripes (p `plusPtr` 32) (left - 32) (mix a w0) (mix b w1) (mix c w2) (mix d w3)
      | otherwise =
          let joined = rotl 1 a + rotl 7 b + rotl 12 c + rotl 18 d
              merged = merge (merge (merge (merge joined a) b) c) d
           in tailed (merged + fromIntegral size) p left

tailed :: Word64 -> Ptr Word8 -> Int -> IO Word64
tailed !h !p !left
  | left >= 8 = do
      w <- peek64 p
      tailed (rotl 27 (h `xor` mix 0 w) * prime1 + prime4) (p `plusPtr` 8) (left - 8)
  | left >= 4 = do
      w <- peek32 p
      tailed (rotl 23 (h `xor` (w * prime1)) * prime2 + prime3) (p `plusPtr` 4) (left - 4)
  | left >= 1 = do
      w <- peek p
      tailed (rotl 11 (h `xor` (fromIntegral w * prime5)) * prime1) (p `plusPtr` 1) (left - 1)
  | otherwise = pure (avalanche h)

avalanche :: Word64 -> Word64
avalanche h0 = h2 `xor` (h2 `unsafeShiftR` 32)
  where
    h1 = (h0 `xor` (h0 `unsafeShiftR` 33)) * prime2
    h2 = (h1 `xor` (h1 `unsafeShiftR` 29)) * prime3

mix :: Word64 -> Word64 -> Word64
mix acc w = rotl 31 (acc + w * prime2) * prime1
{-# INLINE mix #-}

merge :: Word64 -> Word64 -> Word64
merge h acc = (h `xor` mix 0 acc) * prime1 + prime4
{-# INLINE merge #-}

rotl :: Int -> Word64 -> Word64
rotl n w = (w `unsafeShiftL` n) .|. (w `unsafeShiftR` (64 - n))
{-# INLINE rotl #-}

peek64 :: Ptr Word8 -> IO Word64
peek64 p = little <$> peek (castPtr p)
  where
    little = case targetByteOrder of
      LittleEndian -> id
      BigEndian -> byteSwap64
{-# INLINE peek64 #-}

peek32 :: Ptr Word8 -> IO Word64
peek32 p = fromIntegral . little <$> (peek (castPtr p) :: IO Word32)
  where
    little = case targetByteOrder of
      LittleEndian -> id
      BigEndian -> byteSwap32
{-# INLINE peek32 #-}

prime1, prime2, prime3, prime4, prime5 :: Word64
prime1 = 0x9E3779B185EBCA87
prime2 = 0xC2B2AE3D27D4EB4F
prime3 = 0x165667B19E3779F9
prime4 = 0x85EBCA77C2B2AE63
prime5 = 0x27D4EB2F165667C5

-- | Sixteen lower-case hexadecimal digits.
hex16 :: Word64 -> ByteString
hex16 w = BI.unsafeCreate 16 (\p -> go p 15 w)
  where
    go :: Ptr Word8 -> Int -> Word64 -> IO ()
    go !p !i !rest
      | i < 0 = pure ()
      | otherwise = do
          let nibble = fromIntegral rest .&. 15 :: Word8
          pokeByteOff p i (if nibble < 10 then 48 + nibble else 87 + nibble)
          go p (i - 1) (rest `unsafeShiftR` 4)
