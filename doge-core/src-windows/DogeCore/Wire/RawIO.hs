-- | Standard input and output as 'Handle's, for systems without POSIX.
module DogeCore.Wire.RawIO
  ( prepare,
    readSome,
    writeAll,
  )
where

import Data.Word (Word8)
import Foreign.Ptr (Ptr)
import System.IO (BufferMode (..), hGetBufSome, hPutBuf, hSetBinaryMode, hSetBuffering, stdin, stdout)

-- | Switch both handles to bytes without translation, and the output to writing
-- at once.
prepare :: IO ()
prepare = do
  hSetBinaryMode stdin True
  hSetBinaryMode stdout True
  hSetBuffering stdout NoBuffering

-- | Read the bytes that are available, at most so many, and return their number.
-- Blocks while there are none; returns 0 at the end of the input.
readSome :: Ptr Word8 -> Int -> IO Int
readSome = hGetBufSome stdin

-- | Write all bytes.
writeAll :: Ptr Word8 -> Int -> IO ()
writeAll = hPutBuf stdout
