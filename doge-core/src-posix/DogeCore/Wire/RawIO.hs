{-# LANGUAGE ForeignFunctionInterface #-}

-- | Standard input and output as POSIX file descriptors. The buffers and locks of
-- a 'Handle' would cost more than the whole transition.
module DogeCore.Wire.RawIO
  ( prepare,
    readSome,
    writeAll,
  )
where

import Control.Concurrent (threadWaitRead, threadWaitWrite)
import Control.Monad (void)
import Data.Word (Word8)
import Foreign.C.Error (eAGAIN, eINTR, eWOULDBLOCK, getErrno, throwErrno)
import Foreign.C.Types (CInt (..), CSize (..))
import Foreign.Ptr (Ptr, plusPtr)
import System.Posix.Signals (Handler (..), installHandler, sigINT, sigPIPE)
import System.Posix.Types (CSsize (..), Fd)

-- The calls are unsafe, which is cheaper: no other thread of this process has to
-- run while one of them blocks.
foreign import ccall unsafe "unistd.h read"
  c_read :: CInt -> Ptr Word8 -> CSize -> IO CSsize

foreign import ccall unsafe "unistd.h write"
  c_write :: CInt -> Ptr Word8 -> CSize -> IO CSsize

-- | Let Ctrl-C end the process at once, and a client that has gone be an error of
-- the next write. File descriptors need no preparation.
--
-- Haskell's own handler throws an exception to the main thread, which would see
-- it only after a call that is not interrupted: a server waits in such a call.
prepare :: IO ()
prepare = do
  void (installHandler sigINT Default Nothing)
  void (installHandler sigPIPE Ignore Nothing)

-- | Read the bytes that are available, at most so many, and return their number.
-- Blocks while there are none; returns 0 at the end of the input.
readSome :: Ptr Word8 -> Int -> IO Int
readSome p size = do
  n <- c_read 0 p (fromIntegral size)
  if n >= 0
    then pure (fromIntegral n)
    else failed "read" (threadWaitRead (0 :: Fd)) >> readSome p size

-- | Write all bytes.
writeAll :: Ptr Word8 -> Int -> IO ()
writeAll p size
  | size <= 0 = pure ()
  | otherwise = do
      n <- c_write 1 p (fromIntegral size)
      if n >= 0
        then writeAll (p `plusPtr` fromIntegral n) (size - fromIntegral n)
        else failed "write" (threadWaitWrite (1 :: Fd)) >> writeAll p size

-- Handle the failure of a call: return if it was interrupted, wait if it would
-- have blocked, and throw any other error.
failed :: String -> IO () -> IO ()
failed call wait = do
  e <- getErrno
  if e == eINTR
    then pure ()
    else if e `elem` [eAGAIN, eWOULDBLOCK] then wait else throwErrno call
