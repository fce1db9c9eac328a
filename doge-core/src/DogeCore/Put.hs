-- | Fast writing of bytes: a growing buffer and the writers that fill it.
--
-- A 'Put' is a function from the next free byte to the first byte behind its
-- output. It costs a comparison per item, where a @Builder@ costs a closure.
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
    char8,
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
import Data.ByteString.Internal (c2w)
import qualified Data.ByteString.Unsafe as BU
import Data.Word (Word64, Word8, byteSwap64)
import Foreign.Marshal.Alloc (free, mallocBytes, reallocBytes)
import Foreign.Marshal.Utils (copyBytes)
import Foreign.Ptr (Ptr, castPtr, minusPtr, plusPtr)
import Foreign.Storable (peek, peekElemOff, poke, pokeElemOff)
import GHC.ByteOrder (ByteOrder (..), targetByteOrder)
import GHC.Float (castDoubleToWord64)
import System.IO.Unsafe (unsafePerformIO)

-- | A buffer: a cell of memory that holds the buffer's begin and end, and that
-- stays in place when the buffer grows.
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
  cell <- mallocBytes (cellSize + size)
  poke cell (firstBuffer cell)
  pokeElemOff cell 1 (firstBuffer cell `plusPtr` size)
  pure (Sink cell)

-- The bytes of a cell: two pointers.
cellSize :: Int
cellSize = 16

-- The first buffer lies behind the cell, in one piece of memory with it.
firstBuffer :: Ptr (Ptr Word8) -> Ptr Word8
firstBuffer cell = castPtr cell `plusPtr` cellSize

-- | Free the buffer's memory.
freeSink :: Sink -> IO ()
freeSink (Sink cell) = do
  base <- peek cell
  when (base /= firstBuffer cell) (free base)
  free cell

-- | Shrink a buffer that grew beyond this many bytes, so that one huge answer
-- does not keep its memory.
shrinkSink :: Int -> Sink -> IO ()
shrinkSink size (Sink cell) = do
  base <- peek cell
  end <- peekElemOff cell 1
  when (end `minusPtr` base > size) $ do
    smaller <- reallocBytes base size
    poke cell smaller
    pokeElemOff cell 1 (smaller `plusPtr` size)

-- | Write from the start of the buffer over its old contents; returns the
-- first byte and the number of bytes.
fillSink :: Sink -> Put -> IO (Ptr Word8, Int)
fillSink sink@(Sink cell) put = do
  start <- peek cell
  stop <- runPut put sink start
  base <- peek cell
  pure (base, stop `minusPtr` base)

-- | Write into a temporary buffer of an initial size, and use its contents
-- there.
withPut :: Int -> Put -> (Ptr Word8 -> Int -> IO a) -> IO a
withPut size put use = do
  sink <- newSink size
  result <- (fillSink sink put >>= uncurry use) `onException` freeSink sink
  freeSink sink
  pure result
{-# INLINE withPut #-}

-- | The output as a byte string.
toBytes :: Put -> ByteString
toBytes put = unsafePerformIO $
  withPut bytesRoom put $ \base used -> B.packCStringLen (castPtr base, used)

-- The initial room of 'toBytes'.
bytesRoom :: Int
bytesRoom = 256

-- | Make room for this many bytes; returns where to write them.
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

-- | A byte string as it is.
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

-- | One ASCII character.
char8 :: Char -> Put
char8 c = word8 (c2w c)
{-# INLINE char8 #-}

-- | Write eight bytes, the lowest first, to memory that has room for them.
pokeWord64 :: Ptr Word8 -> Word64 -> IO ()
pokeWord64 p w = poke (castPtr p) (littleEndian w)
{-# INLINE pokeWord64 #-}

-- | Write the eight bytes of a double to memory that has room for them. On a
-- little-endian machine it is stored as it is: 'castDoubleToWord64' would be a
-- call.
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
