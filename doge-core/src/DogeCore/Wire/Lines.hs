{-# LANGUAGE ForeignFunctionInterface #-}

-- | The server loop: lines from standard input, answers to standard output.
module DogeCore.Wire.Lines
  ( serve,
    answerOnce,
    answerBytes,
    smallBuffer,
  )
where

import Control.Exception (SomeException, evaluate, try)
import Control.Monad (when)
import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import Data.ByteString.Internal (c2w)
import Data.IORef (IORef, newIORef, readIORef, writeIORef)
import Data.Word (Word8)
import DogeCore.Put (Sink, char8, fillSink, newSink, shrinkSink)
import DogeCore.Wire.FastPath (readFastPath)
import DogeCore.Wire.RawIO (prepare, readSome, writeAll)
import DogeCore.Wire.Server
  ( Handled (..),
    handleFastPath,
    handleLine,
    handleOnce,
    handleTooLong,
    internalError,
    lineLimit,
  )
import DogeCore.Wire.Session (Sessions, noSessions)
import Foreign.C.Types (CInt (..), CSize (..))
import Foreign.Marshal.Alloc (mallocBytes, reallocBytes)
import Foreign.Marshal.Utils (moveBytes)
import Foreign.Ptr (Ptr, castPtr, minusPtr, nullPtr, plusPtr)
import GHC.IO.Device (ready)
import qualified GHC.IO.FD as FD
import System.Mem (performMajorGC)

-- | The input buffer: its memory, its size, and the begin and end of the bytes
-- that were read and not yet answered.
data Window = Window !(Ptr Word8) !Int !Int !Int

-- | The next line. It lies in the buffer until the following one is requested.
data Line
  = Line !(Ptr Word8) !(Ptr Word8)
  | -- | The last line, without its line end.
    Rest !(Ptr Word8) !(Ptr Word8)
  | TooLong
  | EndOfInput

-- | Answer line after line until the input ends.
serve :: IO ()
serve = do
  prepare
  window <- newWindow
  sink <- newSink smallBuffer
  let loop owed sessions = do
        owing <- tidy window owed
        nextLine window >>= \case
          EndOfInput -> pure ()
          TooLong -> respond sink sessions (pure (handleTooLong sessions)) >>= loop owing . handledSessions
          Line from to -> do
            after <- handledSessions <$> respond sink sessions (handleBytes sessions from to)
            loop (max owing (owedAfter (to `minusPtr` from))) after
          Rest from to -> respond sink sessions (handleCopy sessions from to) >>= loop owing . handledSessions
  loop NoDebt noSessions

-- The urgency of a garbage collection after large lines. A collection takes
-- milliseconds if the sessions hold thousands of completed cycles, so the next
-- call should not have to wait for it.
data Owed = NoDebt | WhenIdle | AtOnce
  deriving (Eq, Ord)

owedAfter :: Int -> Owed
owedAfter size
  | size > hugeLine = AtOnce
  | size > largeBuffer = WhenIdle
  | otherwise = NoDebt

-- Collect garbage if that is owed and no request is waiting; returns the
-- urgency that remains.
tidy :: IORef Window -> Owed -> IO Owed
tidy window owed = do
  busy <- case owed of
    NoDebt -> pure True
    WhenIdle -> readIORef window >>= \(Window _ _ from to) -> if to > from then pure True else ready FD.stdin False idleMs
    AtOnce -> pure False
  if busy then pure owed else NoDebt <$ performMajorGC

-- The server is idle once nothing came in for so many milliseconds.
idleMs :: Int
idleMs = 20

-- | Answer the first line; returns the sentence if it is an error.
answerOnce :: IO (Maybe ByteString)
answerOnce = do
  prepare
  window <- newWindow
  sink <- newSink smallBuffer
  line <- nextLine window
  handledError <$> respond sink noSessions (handled line)
  where
    handled = \case
      EndOfInput -> pure (handleOnce B.empty)
      TooLong -> pure (handleTooLong noSessions)
      Line from to -> handleOnce <$> copyOf from to
      Rest from to -> handleOnce <$> copyOf from to

-- Try the fast path, which keeps nothing of the line; otherwise use the parser
-- on a copy, of which its strings are slices.
handleBytes :: Sessions -> Ptr Word8 -> Ptr Word8 -> IO Handled
handleBytes sessions from to = do
  plain <- readFastPath from to
  maybe (handleCopy sessions from to) pure (plain >>= handleFastPath sessions)

handleCopy :: Sessions -> Ptr Word8 -> Ptr Word8 -> IO Handled
handleCopy sessions from to = handleLine sessions <$> copyOf from to

copyOf :: Ptr Word8 -> Ptr Word8 -> IO ByteString
copyOf from to = B.packCStringLen (castPtr from, to `minusPtr` from)

-- Write an answer.
respond :: Sink -> Sessions -> IO Handled -> IO Handled
respond sink before handle = do
  (answered, p, size) <- evaluated sink before handle
  writeAll p size
  shrinkSink largeBuffer sink
  pure answered

-- An answer in the sink. All of it is evaluated before its first byte is used, so
-- any exception becomes an error line, and the sessions stay as they were.
evaluated :: Sink -> Sessions -> IO Handled -> IO (Handled, Ptr Word8, Int)
evaluated sink before handle = do
  result <- try $ do
    answered <- handle >>= evaluate
    (p, size) <- fillSink sink (handledAnswer answered <> char8 '\n')
    pure (answered, p, size)
  case result of
    Right answered -> pure answered
    Left e -> do
      let broken = internalError before (show (e :: SomeException))
      (p, size) <- fillSink sink (handledAnswer broken <> char8 '\n')
      pure (broken, p, size)

-- | Answer the line between two pointers, behind which a line end or a null
-- stands; the sessions after it, and where in the sink the answer is.
answerBytes :: Sink -> Sessions -> Ptr Word8 -> Ptr Word8 -> IO (Sessions, Ptr Word8, Int)
answerBytes sink before from to = do
  shrinkSink largeBuffer sink
  (answered, p, size) <- evaluated sink before handled
  -- Nobody is idle here, so what a large line left is collected at once.
  when (to `minusPtr` from > largeBuffer) performMajorGC
  pure (handledSessions answered, p, size)
  where
    handled
      | to `minusPtr` from > lineLimit = pure (handleTooLong before)
      | otherwise = handleBytes before from to

-- | The size in bytes that a buffer starts with.
smallBuffer :: Int
smallBuffer = 65536

-- A buffer that is larger than this is shrunk again after use.
largeBuffer :: Int
largeBuffer = 16 * smallBuffer

-- After a line that is larger than this the garbage is collected at once.
hugeLine :: Int
hugeLine = 256 * smallBuffer

newWindow :: IO (IORef Window)
newWindow = do
  p <- mallocBytes smallBuffer
  newIORef (Window p smallBuffer 0 0)

-- The next line without its line end, which the last line may lack.
nextLine :: IORef Window -> IO Line
nextLine ref = readIORef ref >>= \(Window p size from to) -> scan p size from to from
  where
    scan p size from to seen = do
      newline <- memchr (p `plusPtr` seen) lineEnd (fromIntegral (to - seen))
      if newline /= nullPtr
        then do
          let end = newline `minusPtr` p
          writeIORef ref (Window p size (end + 1) to)
          pure (if end - from > lineLimit then TooLong else Line (p `plusPtr` from) newline)
        else
          if to - from > lineLimit
            then writeIORef ref (Window p size 0 0) >> skipLine ref
            else more p size from to
    more p0 size0 from0 to0 = do
      (p, size, from, to) <- makeRoom p0 size0 from0 to0
      n <- readSome (p `plusPtr` to) (size - to)
      if n > 0
        then scan p size from (to + n) to
        else do
          writeIORef ref (Window p size 0 0)
          pure (if to > from then Rest (p `plusPtr` from) (p `plusPtr` to) else EndOfInput)

lineEnd :: CInt
lineEnd = fromIntegral (c2w '\n')

foreign import ccall unsafe "string.h memchr"
  memchr :: Ptr Word8 -> CInt -> CSize -> IO (Ptr Word8)

-- Make room behind the bytes. An empty buffer starts over, and shrinks again
-- after a large line; a full one moves its bytes to the front or doubles.
makeRoom :: Ptr Word8 -> Int -> Int -> Int -> IO (Ptr Word8, Int, Int, Int)
makeRoom p size from to
  | from == to && size > largeBuffer = do
      smaller <- reallocBytes p smallBuffer
      pure (smaller, smallBuffer, 0, 0)
  | from == to = pure (p, size, 0, 0)
  | to < size = pure (p, size, from, to)
  | from > 0 = do
      moveBytes p (p `plusPtr` from) (to - from)
      pure (p, size, 0, to - from)
  | otherwise = do
      larger <- reallocBytes p (2 * size)
      pure (larger, 2 * size, from, to)

-- Drop the rest of a line that is too long, without keeping it in memory.
skipLine :: IORef Window -> IO Line
skipLine ref = do
  Window p0 size0 _ _ <- readIORef ref
  (p, size, _, _) <- makeRoom p0 size0 0 0
  let go = do
        n <- readSome p size
        if n == 0
          then writeIORef ref (Window p size 0 0)
          else do
            newline <- memchr p lineEnd (fromIntegral n)
            if newline == nullPtr
              then go
              else writeIORef ref (Window p size (newline `minusPtr` p + 1) n)
  go
  pure TooLong
