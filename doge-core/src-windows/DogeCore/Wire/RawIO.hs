-- | Standard input and output through 'Handle's, where there is no POSIX.
module DogeCore.Wire.RawIO
  ( prepare,
    readSome,
    writeAll,
  )
where

import Data.Word (Word8)
import Foreign.Ptr (Ptr)
import System.IO (BufferMode (..), hGetBufSome, hPutBuf, hSetBinaryMode, hSetBuffering, stdin, stdout)

-- | Bytes as they are, at once.
prepare :: IO ()
prepare = do
  hSetBinaryMode stdin True
  hSetBinaryMode stdout True
  hSetBuffering stdout NoBuffering

-- | Read what is there, at most so many bytes, blocking while there is
-- nothing; 0 at the end of the input.
readSome :: Ptr Word8 -> Int -> IO Int
readSome = hGetBufSome stdin

-- | Write all of it.
writeAll :: Ptr Word8 -> Int -> IO ()
writeAll = hPutBuf stdout
