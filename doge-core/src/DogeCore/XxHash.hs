-- | XXH64, the 64-bit hash of the digests, after its published description.
module DogeCore.XxHash
  ( xxh64,
    xxh64Bytes,
    hex16,
    pokeHex16,
    hexWords,
    peek64,
  )
where

import Data.Bits (unsafeShiftL, unsafeShiftR, xor, (.&.), (.|.))
import Data.ByteString (ByteString)
import qualified Data.ByteString.Internal as BI
import qualified Data.ByteString.Unsafe as BU
import Data.Char (ord)
import Data.Word (Word32, Word64, Word8, byteSwap32, byteSwap64)
import Foreign.Ptr (Ptr, castPtr, plusPtr)
import Foreign.Storable (peek, poke)
import GHC.ByteOrder (ByteOrder (..), targetByteOrder)
import System.IO.Unsafe (unsafeDupablePerformIO)

-- | The hash of a byte string under a seed.
xxh64Bytes :: Word64 -> ByteString -> Word64
xxh64Bytes seed s = unsafeDupablePerformIO $
  BU.unsafeUseAsCStringLen s $ \(p, size) -> xxh64 seed (castPtr p) size

-- | The hash of raw memory under a seed.
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

-- | Read eight bytes, the lowest first.
peek64 :: Ptr Word8 -> IO Word64
peek64 p = little <$> peek (castPtr p)
  where
    little = case targetByteOrder of
      LittleEndian -> id
      BigEndian -> byteSwap64
{-# INLINE peek64 #-}

poke64 :: Ptr Word8 -> Word64 -> IO ()
poke64 p w = poke (castPtr p) (little w)
  where
    little = case targetByteOrder of
      LittleEndian -> id
      BigEndian -> byteSwap64
{-# INLINE poke64 #-}

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

-- | A hash as sixteen lower-case hexadecimal digits.
hex16 :: Word64 -> ByteString
hex16 w = BI.unsafeCreate 16 (`pokeHex16` w)

-- | Write the sixteen digits of a hash to memory that has room for them.
pokeHex16 :: Ptr Word8 -> Word64 -> IO ()
pokeHex16 p w = poke64 p (hexHigh w) >> poke64 (p `plusPtr` 8) (hexLow w)

-- | The sixteen digits of a hash as two little-endian words.
hexWords :: Word64 -> (Word64, Word64)
hexWords w = (hexHigh w, hexLow w)
{-# INLINE hexWords #-}

-- The digits of the upper and of the lower half, the first one lowest.
hexHigh, hexLow :: Word64 -> Word64
hexHigh w = hexHalf (w `unsafeShiftR` 32)
hexLow w = hexHalf (w .&. 0xFFFFFFFF)

-- Eight digits at once: each nibble becomes a byte, and the bytes above 9 become
-- letters.
hexHalf :: Word64 -> Word64
hexHalf w = nibbles + 0x0101010101010101 * fromIntegral (ord '0') + letters * letterGap
  where
    apart shift keep x = (x .|. (x `unsafeShiftL` shift)) .&. keep
    spread = apart 4 0x0F0F0F0F0F0F0F0F (apart 8 0x00FF00FF00FF00FF (apart 16 0x0000FFFF0000FFFF w))
    nibbles = byteSwap64 spread
    letterGap = fromIntegral (ord 'a' - 10 - ord '0')
    letters = ((nibbles + 0x0606060606060606) `unsafeShiftR` 4) .&. 0x0101010101010101
