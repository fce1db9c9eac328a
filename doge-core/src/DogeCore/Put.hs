-- | Writing bytes fast: a growing buffer and the steps that fill it.
--
-- A 'Put' is a function from the next free byte to the one after what it
-- wrote. It costs a comparison per item, where a @Builder@ costs a closure.
module DogeCore.Put
  ( Put (..),
    Sink,
    newSink,
    freeSink,
    shrinkSink,
    fillSink,
    withPut,
    toBytes,
    ensure,
    bytes,
    word8,
    word64,
    double64,
    pokeWord64,
    pokeDouble,
  )
where

import Control.Exception (onException)
import Control.Monad (when)
import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import qualified Data.ByteString.Unsafe as BU
import Data.Word (Word64, Word8, byteSwap64)
import Foreign.Marshal.Alloc (free, mallocBytes, reallocBytes)
import Foreign.Marshal.Utils (copyBytes)
import Foreign.Ptr (Ptr, castPtr, minusPtr, plusPtr)
import Foreign.Storable (peek, peekElemOff, poke, pokeElemOff)
import GHC.ByteOrder (ByteOrder (..), targetByteOrder)
import GHC.Float (castDoubleToWord64)
import System.IO.Unsafe (unsafePerformIO)

-- | Where the buffer begins and ends, in memory that outlives a growth.
newtype Sink = Sink (Ptr (Ptr Word8))

-- | A writer of bytes.
newtype Put = Put {runPut :: Sink -> Ptr Word8 -> IO (Ptr Word8)}

instance Semigroup Put where
  Put f <> Put g = Put (\sink p -> f sink p >>= g sink)
  {-# INLINE (<>) #-}

instance Monoid Put where
  mempty = Put (\_ p -> pure p)
  {-# INLINE mempty #-}

-- | A buffer with room for this many bytes; it grows by itself.
newSink :: Int -> IO Sink
newSink size = do
  cell <- mallocBytes (16 + size)
  poke cell (firstBuffer cell)
  pokeElemOff cell 1 (firstBuffer cell `plusPtr` size)
  pure (Sink cell)

-- The first buffer lies behind the cell, in one piece of memory with it.
firstBuffer :: Ptr (Ptr Word8) -> Ptr Word8
firstBuffer cell = castPtr cell `plusPtr` 16

-- | Give the memory back.
freeSink :: Sink -> IO ()
freeSink (Sink cell) = do
  base <- peek cell
  when (base /= firstBuffer cell) (free base)
  free cell

-- | Shrink a buffer that one huge answer blew up, so that memory stays flat.
shrinkSink :: Int -> Sink -> IO ()
shrinkSink size (Sink cell) = do
  base <- peek cell
  end <- peekElemOff cell 1
  when (end `minusPtr` base > size) $ do
    smaller <- reallocBytes base size
    poke cell smaller
    pokeElemOff cell 1 (smaller `plusPtr` size)

-- | Write from the start of the buffer; what was there is gone.
fillSink :: Sink -> Put -> IO (Ptr Word8, Int)
fillSink sink@(Sink cell) put = do
  start <- peek cell
  stop <- runPut put sink start
  base <- peek cell
  pure (base, stop `minusPtr` base)

-- | Write into a buffer of its own and look at it there.
withPut :: Int -> Put -> (Ptr Word8 -> Int -> IO a) -> IO a
withPut size put use = do
  sink <- newSink size
  result <- (fillSink sink put >>= uncurry use) `onException` freeSink sink
  freeSink sink
  pure result
{-# INLINE withPut #-}

-- | All that was written.
toBytes :: Put -> ByteString
toBytes put = unsafePerformIO $
  withPut 256 put $ \base used -> B.packCStringLen (castPtr base, used)

-- | Make room for this many bytes.
ensure :: Int -> Sink -> Ptr Word8 -> IO (Ptr Word8)
ensure need sink@(Sink cell) p = do
  end <- peekElemOff cell 1
  if end `minusPtr` p >= need then pure p else grow need sink p
{-# INLINE ensure #-}

grow :: Int -> Sink -> Ptr Word8 -> IO (Ptr Word8)
grow need (Sink cell) p = do
  base <- peek cell
  end <- peekElemOff cell 1
  let used = p `minusPtr` base
      size = max (2 * (end `minusPtr` base)) (used + need)
  larger <- if base == firstBuffer cell then moved base used size else reallocBytes base size
  poke cell larger
  pokeElemOff cell 1 (larger `plusPtr` size)
  pure (larger `plusPtr` used)
  where
    moved base used size = do
      larger <- mallocBytes size
      copyBytes larger base used
      pure larger
{-# NOINLINE grow #-}

-- | Bytes as they are.
bytes :: ByteString -> Put
bytes s = Put $ \sink p0 -> BU.unsafeUseAsCStringLen s $ \(from, size) -> do
  p <- ensure size sink p0
  copyBytes p (castPtr from) size
  pure (p `plusPtr` size)

-- | One byte.
word8 :: Word8 -> Put
word8 w = Put $ \sink p0 -> do
  p <- ensure 1 sink p0
  poke p w
  pure (p `plusPtr` 1)
{-# INLINE word8 #-}

-- | Eight bytes, the lowest first, where there is room.
pokeWord64 :: Ptr Word8 -> Word64 -> IO ()
pokeWord64 p w = poke (castPtr p) (littleEndian w)
{-# INLINE pokeWord64 #-}

-- | The eight bytes of a double, where there is room. Through memory:
-- 'castDoubleToWord64' would be a call.
pokeDouble :: Ptr Word8 -> Double -> IO ()
pokeDouble p x = case targetByteOrder of
  LittleEndian -> poke (castPtr p) x
  BigEndian -> pokeWord64 p (castDoubleToWord64 x)
{-# INLINE pokeDouble #-}

littleEndian :: Word64 -> Word64
littleEndian = case targetByteOrder of
  LittleEndian -> id
  BigEndian -> byteSwap64
{-# INLINE littleEndian #-}

-- | Eight bytes, the lowest first.
word64 :: Word64 -> Put
word64 w = Put $ \sink p0 -> do
  p <- ensure 8 sink p0
  pokeWord64 p w
  pure (p `plusPtr` 8)
{-# INLINE word64 #-}

-- | The eight bytes of a double.
double64 :: Double -> Put
double64 x = Put $ \sink p0 -> do
  p <- ensure 8 sink p0
  pokeDouble p x
  pure (p `plusPtr` 8)
{-# INLINE double64 #-}
