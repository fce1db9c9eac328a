-- | States kept between steps, so that a step sends an event and receives the
-- changes. Reference: @reducer/wire_session.py@.
module DogeCore.Wire.Session
  ( Sessions,
    noSessions,
    sessionLimit,
    heldState,
    step,
    fastStep,
    fastOpen,
  )
where

import Control.Monad (guard)
import qualified Data.IntMap.Strict as IntMap
import Data.List (minimumBy)
import Data.Maybe (isJust)
import Data.Ord (comparing)
import Data.Word (Word64)
import DogeCore.Digest (Advance (..), digestAdvance, stateDigest)
import DogeCore.Json.Encode (commas)
import DogeCore.Json.Schema (Kind (..), Path (..), decodeKind, sessionLost, wrongType)
import DogeCore.Json.Value (Member (..), Value (..), member)
import DogeCore.Orders (Sizing (..))
import DogeCore.Put (Put, char8)
import DogeCore.Transition (transition)
import DogeCore.Types (Event, PairState)
import DogeCore.Wire.Codec (actionRow)
import DogeCore.Wire.Delta (encodeDelta)
import DogeCore.Wire.Error
  ( Answer,
    ErrorKind (..),
    WireError (..),
    fromDecode,
    fromTooLarge,
    wireError,
  )
import DogeCore.Wire.FastPath (Events (..))
import DogeCore.Wire.Request
  ( optional,
    readConfig,
    readEvent,
    readItems,
    readPatch,
    readSize,
    readSizes,
    readSizing,
    readState,
    required,
  )
import DogeCore.XxHash (hex16, hexWords)

-- | A state with its digest, the settings last sent and the time of its last
-- use. Reference: @Session@.
data Session = Session
  { ssState :: !PairState,
    ssDigest :: {-# UNPACK #-} !Word64,
    ssSizing :: !Sizing,
    ssUsed :: !Int
  }

-- | A clock that counts uses, and the sessions by number. Reference:
-- @Sessions@.
data Sessions = Sessions !Int !(IntMap.IntMap Session)

-- | No session yet.
noSessions :: Sessions
noSessions = Sessions 0 IntMap.empty

-- | The most sessions that are kept. Reference: @SESSIONS_MAX@.
sessionLimit :: Int
sessionLimit = 64

-- | Move a session by one event. A step that fails changes nothing: the sessions
-- are only replaced together with the answer. Reference: @step@.
step :: Sessions -> [Member] -> Answer (Sessions, Put)
step sessions members = do
  number <- readNumberOf members
  (before, known) <- case member "state" members of
    Just v -> do
      st <- readState v
      Right (st, Nothing)
    Nothing -> do
      (held, st) <- lookupSession sessions number members
      Right (st, Just (ssSizing held))
  -- The client has the state that it sent, so a delta serves it too.
  case member "events" members of
    Just v -> do
      events <- readItems "events" v
      sizing <- sizingOf known
      manyAdvanced sessions number before (map readEvent events) sizing
    Nothing -> do
      event <- required "event" members >>= readEvent
      sizing <- sizingOf known
      advanced sessions number before event sizing
  where
    sizingOf = maybe (readSizing members) (newerSizing members)

-- | Move a session by the event or events of a request that was read on the fast
-- path, which may have a patch and new settings; 'Nothing' if the session is lost
-- or one of these is broken.
fastStep :: Sessions -> Int -> (Word64, Word64) -> Events -> [Member] -> Maybe (Answer (Sessions, Put))
fastStep sessions@(Sessions _ table) number digest events members = do
  held <- IntMap.lookup number table
  (st, found) <- ready (patchedState held members)
  guard (number >= 0 && hexWords found == digest)
  sizing <- ready (newerSizing members (ssSizing held))
  Just $! movedBy events sessions number st sizing

-- | Open a session by a request that was read on the fast path, and move it by
-- the event or events; 'Nothing' if the state or the settings are broken.
fastOpen :: Sessions -> Int -> Events -> [Member] -> Maybe (Answer (Sessions, Put))
fastOpen sessions number events members = do
  guard (number >= 0)
  st <- member "state" members >>= ready . readState
  sizing <- ready (readSizing members)
  Just $! movedBy events sessions number st sizing

ready :: Answer a -> Maybe a
ready = either (const Nothing) Just

movedBy :: Events -> Sessions -> Int -> PairState -> Sizing -> Answer (Sessions, Put)
movedBy events sessions number st sizing = case events of
  One event -> advanced sessions number st event sizing
  Many several -> manyAdvanced sessions number st (map Right several) sizing

advanced :: Sessions -> Int -> PairState -> Event -> Sizing -> Answer (Sessions, Put)
advanced sessions number before event sizing = do
  (after, actions) <-
    fromTooLarge $
      transition before event (szConfig sizing) (szOrderSizeUsd sizing) (szOrderSizes sizing)
  Right (moved sessions number before after sizing (commas actionRow actions))

-- Move a session by several events. Reference: @_steps@.
manyAdvanced :: Sessions -> Int -> PairState -> [Answer Event] -> Sizing -> Answer (Sessions, Put)
manyAdvanced sessions number before events sizing = do
  (after, rows) <- go 0 [] before events
  Right (moved sessions number before after sizing (commas each rows))
  where
    each actions = char8 '[' <> commas actionRow actions <> char8 ']'
    go !index rows !st = \case
      [] -> Right (st, reverse rows)
      read' : further -> case read' >>= stepped st of
        Left e -> Left e {weIndex = Just (index :: Int)}
        Right (after, actions) -> go (index + 1) (actions : rows) after further
    stepped st event =
      fromTooLarge $
        transition st event (szConfig sizing) (szOrderSizeUsd sizing) (szOrderSizes sizing)

-- The sessions with a new state, and the answer that tells it with these actions.
moved :: Sessions -> Int -> PairState -> PairState -> Sizing -> Put -> (Sessions, Put)
moved sessions number before after sizing actions = (kept, encodeDelta advance before after actions)
  where
    !advance@(Advance digest _) = digestAdvance before after
    !kept = keep number after digest sizing sessions

-- | The state of the session that the request of another method names, if it
-- names one.
heldState :: Sessions -> [Member] -> Answer (Maybe PairState)
heldState sessions members
  | isJust (member "session" members) = do
      number <- readNumberOf members
      Just . snd <$> lookupSession sessions number members
  | otherwise = Right Nothing

readNumberOf :: [Member] -> Answer Int
readNumberOf members = do
  v <- required "session" members
  number <- fromDecode (decodeKind KInt (Root "session") v)
  if number < 0
    then Left (wireError ValueError "session: must not be negative")
    else Right number

-- The session, and its state with what the request patches. Reference: @_find@.
lookupSession :: Sessions -> Int -> [Member] -> Answer (Session, PairState)
lookupSession (Sessions _ table) number members = do
  digest <- required "digest" members >>= readDigest
  held <- maybe lost Right (IntMap.lookup number table)
  (st, found) <- patchedState held members
  if hex16 found == digest then Right (held, st) else lost
  where
    lost = fromDecode (Left sessionLost)
    readDigest = \case
      JString s -> Right s
      JBroken s -> Right s
      other -> fromDecode (wrongType (Root "digest") "a string" other)

-- The state that a session holds, with what the request patches, and its digest.
patchedState :: Session -> [Member] -> Answer (PairState, Word64)
patchedState held members = case member "patch" members of
  Nothing -> Right (ssState held, ssDigest held)
  Just v -> do
    st <- readPatch (ssState held) v
    Right (st, stateDigest st)

newerSizing :: [Member] -> Sizing -> Answer Sizing
newerSizing members (Sizing cfg size sizes) = do
  newCfg <- optional "config" readConfig cfg members
  newSize <- optional "order_size_usd" readSize size members
  newSizes <- optional "order_sizes" readSizes sizes members
  Right (Sizing newCfg newSize newSizes)

-- Keep a session as the one used last. If there are too many, the one whose last
-- use is longest ago is dropped.
keep :: Int -> PairState -> Word64 -> Sizing -> Sessions -> Sessions
keep number st digest sizing (Sessions clock table) = Sessions now trimmed
  where
    !now = clock + 1
    kept = IntMap.insert number (Session st digest sizing now) table
    !trimmed
      | IntMap.member number table || IntMap.size table < sessionLimit = kept
      | otherwise = IntMap.delete (fst (minimumBy (comparing (ssUsed . snd)) (IntMap.toList kept))) kept
