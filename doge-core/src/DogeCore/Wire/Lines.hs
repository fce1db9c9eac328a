{-# LANGUAGE ForeignFunctionInterface #-}

-- | Lines from standard input, answers to standard output.
module DogeCore.Wire.Lines
  ( serve,
    answerOnce,
    lineLimit,
  )
where

import Control.Exception (SomeException, evaluate, try)
import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import Data.IORef (IORef, newIORef, readIORef, writeIORef)
import Data.Word (Word8)
import DogeCore.Put
import DogeCore.Wire.Plain (readPlain)
import DogeCore.Wire.RawIO (prepare, readSome, writeAll)
import DogeCore.Wire.Server
import DogeCore.Wire.Session (Sessions, noSessions)
import Foreign.C.Types (CInt (..), CSize (..))
import Foreign.Marshal.Alloc (mallocBytes, reallocBytes)
import Foreign.Marshal.Utils (moveBytes)
import Foreign.Ptr (Ptr, castPtr, minusPtr, nullPtr, plusPtr)
import GHC.IO.Device (ready)
import qualified GHC.IO.FD as FD
import System.Mem (performMajorGC)

-- | The most bytes of a line, without its end.
lineLimit :: Int
lineLimit = 67108864

-- | The input buffer: its memory, its size, and where the bytes lie that were
-- read and not yet answered.
data Window = Window !(Ptr Word8) !Int !Int !Int

-- | A line lies in the buffer until the next one is asked for.
data Line
  = Line !(Ptr Word8) !(Ptr Word8)
  | -- | The last one, without its line end.
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

-- Whether what large lines took still has to be given back: a collection
-- costs as much as the states in the sessions are large, milliseconds for
-- thousands of completed cycles, so the next call should not wait for it.
data Owed = NoDebt | WhenIdle | AtOnce
  deriving (Eq, Ord)

owedAfter :: Int -> Owed
owedAfter size
  | size > 256 * smallBuffer = AtOnce
  | size > 16 * smallBuffer = WhenIdle
  | otherwise = NoDebt

-- Collect if that is owed, and nobody waits meanwhile.
tidy :: IORef Window -> Owed -> IO Owed
tidy window owed = do
  busy <- case owed of
    NoDebt -> pure True
    WhenIdle -> readIORef window >>= \(Window _ _ from to) -> if to > from then pure True else ready FD.stdin False idleMs
    AtOnce -> pure False
  if busy then pure owed else NoDebt <$ performMajorGC

-- How long nothing must have come in for the server to be idle.
idleMs :: Int
idleMs = 20

-- | Answer the first line; the sentence if it is an error.
answerOnce :: IO (Maybe ByteString)
answerOnce = do
  prepare
  window <- newWindow
  sink <- newSink smallBuffer
  line <- nextLine window
  handledError <$> respond sink noSessions (handled line)
  where
    handled = \case
      EndOfInput -> pure (handleLine noSessions B.empty)
      TooLong -> pure (handleTooLong noSessions)
      Line from to -> handleCopy noSessions from to
      Rest from to -> handleCopy noSessions from to

-- The shortcut, which keeps nothing of the line, or else the parser, whose
-- strings are slices of its copy.
handleBytes :: Sessions -> Ptr Word8 -> Ptr Word8 -> IO Handled
handleBytes sessions from to = do
  plain <- readPlain from to
  maybe (handleCopy sessions from to) pure (plain >>= handlePlain sessions)

handleCopy :: Sessions -> Ptr Word8 -> Ptr Word8 -> IO Handled
handleCopy sessions from to = handleLine sessions <$> B.packCStringLen (castPtr from, to `minusPtr` from)

-- Write an answer. All of it is evaluated before the first byte leaves, so
-- whatever breaks becomes an error line, and the sessions stay as they were.
respond :: Sink -> Sessions -> IO Handled -> IO Handled
respond sink before handle = do
  result <- try $ do
    answered <- handle >>= evaluate
    written <- fillSink sink (handledAnswer answered <> word8 10)
    pure (answered, written)
  case result of
    Right (answered, (p, size)) -> do
      writeAll p size
      shrinkSink (16 * smallBuffer) sink
      pure answered
    Left e -> do
      let broken = internalError before (show (e :: SomeException))
      (p, size) <- fillSink sink (handledAnswer broken <> word8 10)
      writeAll p size
      pure broken

smallBuffer :: Int
smallBuffer = 65536

newWindow :: IO (IORef Window)
newWindow = do
  p <- mallocBytes smallBuffer
  newIORef (Window p smallBuffer 0 0)

-- The next line without its end; the last one may lack it.
nextLine :: IORef Window -> IO Line
nextLine ref = readIORef ref >>= \(Window p size from to) -> scan p size from to from
  where
    scan p size from to seen = do
      newline <- memchr (p `plusPtr` seen) 10 (fromIntegral (to - seen))
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

foreign import ccall unsafe "string.h memchr"
  memchr :: Ptr Word8 -> CInt -> CSize -> IO (Ptr Word8)

-- Room behind the bytes: an empty buffer starts over (and shrinks again after
-- a huge line), a full one moves them to its front or doubles.
makeRoom :: Ptr Word8 -> Int -> Int -> Int -> IO (Ptr Word8, Int, Int, Int)
makeRoom p size from to
  | from == to && size > 16 * smallBuffer = do
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

-- Drop what is left of a line that is too long, without holding it.
skipLine :: IORef Window -> IO Line
skipLine ref = do
  Window p0 size0 _ _ <- readIORef ref
  (p, size, _, _) <- makeRoom p0 size0 0 0
  let go = do
        n <- readSome p size
        if n == 0
          then writeIORef ref (Window p size 0 0)
          else do
            newline <- memchr p 10 (fromIntegral n)
            if newline == nullPtr
              then go
              else writeIORef ref (Window p size (newline `minusPtr` p + 1) n)
  go
  pure TooLong
