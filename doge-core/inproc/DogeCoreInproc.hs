{-# LANGUAGE ForeignFunctionInterface #-}

-- | The reducer as a shared library: a function from a request's line to its
-- answer's line, and the sessions of a server. The page is
-- @docs/wire.md@, the C side @doge_core_inproc.c@, the caller
-- @doge_core/library.py@.
--
-- Nobody may enter it while another thread is inside: the RTS is the one without
-- threads. Python's lock sees to that.
module DogeCoreInproc () where

import Data.IORef (IORef, newIORef, readIORef, writeIORef)
import Data.Word (Word8)
import DogeCore.Put (Sink, freeSink, newSink)
import DogeCore.Wire.Lines (answerBytes, smallBuffer)
import DogeCore.Wire.Session (Sessions, noSessions)
import Foreign.C.Types (CSize (..))
import Foreign.Ptr (Ptr, plusPtr)
import Foreign.StablePtr (StablePtr, deRefStablePtr, freeStablePtr, newStablePtr)
import Foreign.Storable (poke)
import System.Mem (performMajorGC)

-- | The sessions of a client, and the memory of its last answer.
data Client = Client !(IORef Sessions) !Sink

foreign export ccall "doge_core_new" newClient :: IO (StablePtr Client)

foreign export ccall "doge_core_answer" answer :: StablePtr Client -> Ptr Word8 -> CSize -> Ptr (Ptr Word8) -> IO CSize

foreign export ccall "doge_core_free" freeClient :: StablePtr Client -> IO ()

-- | A client without sessions.
newClient :: IO (StablePtr Client)
newClient = do
  sessions <- newIORef noSessions
  sink <- newSink smallBuffer
  newStablePtr (Client sessions sink)

-- | Answer the line of so many bytes, behind which a line end or a null must
-- stand. Stores where the answer is, which is good until the client's next call,
-- and returns its size, with its line end.
answer :: StablePtr Client -> Ptr Word8 -> CSize -> Ptr (Ptr Word8) -> IO CSize
answer client line size place = do
  Client held sink <- deRefStablePtr client
  before <- readIORef held
  (after, reply, replySize) <- answerBytes sink before line (line `plusPtr` fromIntegral size)
  writeIORef held after
  poke place reply
  pure (fromIntegral replySize)

-- | Forget a client and its answer, and give back their memory.
freeClient :: StablePtr Client -> IO ()
freeClient client = do
  Client _ sink <- deRefStablePtr client
  freeStablePtr client
  freeSink sink
  performMajorGC
