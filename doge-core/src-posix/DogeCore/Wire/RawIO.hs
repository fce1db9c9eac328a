{-# LANGUAGE ForeignFunctionInterface #-}

-- | Standard input and output as POSIX file descriptors: no 'Handle', whose
-- buffers and locks would cost more than the whole transition.
module DogeCore.Wire.RawIO
  ( prepare,
    readSome,
    writeAll,
  )
where

import Control.Concurrent (threadWaitRead, threadWaitWrite)
import Data.Word (Word8)
import Foreign.C.Error (eAGAIN, eINTR, eWOULDBLOCK, getErrno, throwErrno)
import Foreign.C.Types (CInt (..), CSize (..))
import Foreign.Ptr (Ptr, plusPtr)
import System.Posix.Types (CSsize (..), Fd)

-- Nothing else runs in this process while a call blocks, so the run-time
-- system need not be told of it.
foreign import ccall unsafe "unistd.h read"
  c_read :: CInt -> Ptr Word8 -> CSize -> IO CSsize

foreign import ccall unsafe "unistd.h write"
  c_write :: CInt -> Ptr Word8 -> CSize -> IO CSsize

-- | Nothing to prepare here.
prepare :: IO ()
prepare = pure ()

-- | Read what is there, at most so many bytes, blocking while there is
-- nothing; 0 at the end of the input.
readSome :: Ptr Word8 -> Int -> IO Int
readSome p size = do
  n <- c_read 0 p (fromIntegral size)
  if n >= 0
    then pure (fromIntegral n)
    else failed "read" (threadWaitRead (0 :: Fd)) >> readSome p size

-- | Write all of it.
writeAll :: Ptr Word8 -> Int -> IO ()
writeAll p size
  | size <= 0 = pure ()
  | otherwise = do
      n <- c_write 1 p (fromIntegral size)
      if n >= 0
        then writeAll (p `plusPtr` fromIntegral n) (size - fromIntegral n)
        else failed "write" (threadWaitWrite (1 :: Fd)) >> writeAll p size

-- A call was interrupted, would have to wait, or is hopeless.
failed :: String -> IO () -> IO ()
failed call wait = do
  e <- getErrno
  if e == eINTR
    then pure ()
    else if e `elem` [eAGAIN, eWOULDBLOCK] then wait else throwErrno call
