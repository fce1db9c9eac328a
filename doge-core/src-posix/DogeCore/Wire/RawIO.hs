-- | Standard input and output as POSIX file descriptors: no 'Handle', whose
-- buffers and locks would cost more than the whole transition.
module DogeCore.Wire.RawIO
  ( prepare,
    readSome,
    writeAll,
  )
where

import Control.Concurrent (threadWaitRead, threadWaitWrite)
import Control.Exception (throwIO, try)
import Data.Word (Word8)
import Foreign.C.Error (Errno (..), eAGAIN, eWOULDBLOCK)
import Foreign.Ptr (Ptr, plusPtr)
import GHC.IO.Exception (IOException (..))
import System.Posix.IO (fdReadBuf, fdWriteBuf, stdInput, stdOutput)

-- | Nothing to prepare here.
prepare :: IO ()
prepare = pure ()

-- | Read what is there, at most so many bytes, blocking while there is
-- nothing; 0 at the end of the input.
readSome :: Ptr Word8 -> Int -> IO Int
readSome p size = do
  result <- try (fdReadBuf stdInput p (fromIntegral size))
  case result of
    Right n -> pure (fromIntegral n)
    Left e
      | wouldBlock e -> threadWaitRead stdInput >> readSome p size
      | otherwise -> throwIO (e :: IOException)

-- | Write all of it.
writeAll :: Ptr Word8 -> Int -> IO ()
writeAll p size
  | size <= 0 = pure ()
  | otherwise = do
      result <- try (fdWriteBuf stdOutput p (fromIntegral size))
      case result of
        Right n -> writeAll (p `plusPtr` fromIntegral n) (size - fromIntegral n)
        Left e
          | wouldBlock e -> threadWaitWrite stdOutput >> writeAll p size
          | otherwise -> throwIO (e :: IOException)

wouldBlock :: IOException -> Bool
wouldBlock e = fmap Errno (ioe_errno e) `elem` [Just eAGAIN, Just eWOULDBLOCK]
