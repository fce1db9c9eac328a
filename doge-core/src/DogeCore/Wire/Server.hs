-- | The answer to one line, which is one line too. Reference:
-- @reducer/wire.py@.
module DogeCore.Wire.Server
  ( Handled (..),
    handleLine,
    handleOnce,
    handleFastPath,
    handleTooLong,
    internalError,
    lineLimit,
  )
where

import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import qualified Data.ByteString.Char8 as BC
import Data.Maybe (fromMaybe, isJust, isNothing)
import DogeCore.Bootstrap (bootstrapOrders)
import DogeCore.Contract (orderState)
import DogeCore.Contract.View (describe)
import DogeCore.Invariants (checkInvariants, derivePhase)
import qualified DogeCore.Json.Encode as E
import DogeCore.Json.Parse (ParseError (..), depthLimit, parseDocument)
import DogeCore.Json.Schema
  ( DecodeError (..),
    Path (..),
    encodeObject,
    wrongType,
  )
import DogeCore.Json.Value (Member (..), Value (..), member)
import DogeCore.Orders (Sizing (..))
import DogeCore.Pricing (computeOrderVolume)
import DogeCore.Put (Put)
import DogeCore.Snapshot (encodeState)
import DogeCore.Transition (transition)
import DogeCore.Types (Action, Event, PairState, literals)
import DogeCore.Wire.Codec (encodeAction)
import DogeCore.Wire.Error
  ( Answer,
    ErrorKind (..),
    WireError (..),
    encodeError,
    fromTooLarge,
    requestError,
    wireError,
  )
import DogeCore.Wire.FastPath (FastRequest (..))
import DogeCore.Wire.Replay (encodePhase, encodeViolations, replay)
import DogeCore.Wire.Request
  ( Method (..),
    optional,
    readConfig,
    readEvent,
    readFlag,
    readItems,
    readMethod,
    readNumber,
    readSize,
    readSizing,
    readState,
    required,
  )
import DogeCore.Wire.Session (Sessions, fastOpen, fastStep, heldState, noSessions, step)

-- | The most bytes of a line, without its end.
lineLimit :: Int
lineLimit = 67108864

-- | An answer, its sentence if it is an error, and the sessions after it.
data Handled = Handled
  { handledSessions :: !Sessions,
    handledError :: !(Maybe ByteString),
    handledAnswer :: !Put
  }

-- | Answer one line of a server. Reference: @with_sessions@.
handleLine :: Sessions -> ByteString -> Handled
handleLine sessions = handledAs sessions . request (Just sessions)

-- | Answer the only line, for which there are no sessions.
handleOnce :: ByteString -> Handled
handleOnce = handledAs noSessions . request Nothing

-- | Answer a request that was read on the fast path, or leave it to
-- 'handleLine'.
handleFastPath :: Sessions -> FastRequest -> Maybe Handled
handleFastPath sessions = \case
  FastStep number high low events others -> do
    members <- if B.null others then Just [] else membersOf others ["method", "session", "digest", "event", "events", "state"]
    answered <- fastStep sessions number (high, low) events members
    Just $! handledAs sessions answered
  FastOpen number events others -> do
    members <- membersOf others ["method", "session", "event", "events"]
    answered <- fastOpen sessions number events members
    Just $! handledAs sessions answered
  FastReplay events others -> do
    members <- membersOf others ["method", "events"]
    either (const Nothing) (Just . Handled sessions Nothing) $
      stateSent members >>= answerReplay members (map Right events)
  where
    -- The members of an object that must not have these.
    membersOf others keys = case parseDocument others of
      Right (JObject members) | all (\key -> isNothing (member key members)) keys -> Just members
      Right _ -> Nothing
      Left _ -> Nothing

handledAs :: Sessions -> Answer (Sessions, Put) -> Handled
handledAs sessions = \case
  Left e -> failed sessions e
  Right (after, reply) -> Handled after Nothing reply

-- | Answer a line that was too long to be held.
handleTooLong :: Sessions -> Handled
handleTooLong sessions =
  failed sessions (wireError RequestError (B.concat ["request: longer than ", shown lineLimit, " bytes"]))

-- | The answer to a request on which this program failed with an exception.
internalError :: Sessions -> String -> Handled
internalError sessions message =
  failed sessions (wireError InternalError (B.append "internal: " (BC.pack (take shownCharacters (map plain message)))))
  where
    plain c = if c >= ' ' && c <= '~' then c else '?'
    shownCharacters = 500

failed :: Sessions -> WireError -> Handled
failed sessions e = Handled sessions (Just (weSentence e)) (encodeError e)

shown :: Int -> ByteString
shown = BC.pack . show

request :: Maybe Sessions -> ByteString -> Answer (Sessions, Put)
request sessions line = case parseDocument line of
  Left TooDeep -> requestError (B.concat ["request: nested deeper than ", shown depthLimit, " levels"])
  Left (NotJson at reason) ->
    requestError (B.concat ["request: is not JSON (", reason, ", at byte ", shown at, ")"])
  Right (JObject members) -> readMethod methods members >>= answer sessions members
  Right other -> either (requestError . decodeSentence) Right (wrongType (Root "request") "an object" other)
  where
    methods = [each | each <- literals, each /= Step || isJust sessions]

answer :: Maybe Sessions -> [Member] -> Method -> Answer (Sessions, Put)
answer sessions members = \case
  Step -> step held members
  Transition -> unchanged answerTransition
  CheckInvariants -> unchanged $ do
    st <- maybe stateOf (`stateGiven` members) sessions
    Right (E.object [("violations", encodeViolations (checkInvariants st))])
  DerivePhase -> unchanged $ do
    st <- stateOf
    Right (E.object [("phase", encodePhase (derivePhase st))])
  ComputeOrderVolume -> unchanged (answerVolume members)
  BootstrapOrders -> unchanged (stateOf >>= answerBootstrap members)
  Describe -> unchanged (Right describe)
  Replay -> unchanged $ do
    st <- stateOf
    events <- required "events" members >>= readItems "events"
    answerReplay members (map readEvent events) st
  where
    held = fromMaybe noSessions sessions
    unchanged = fmap (held,)
    stateOf = stateSent members
    answerTransition = do
      st <- stateOf
      event <- required "event" members >>= readEvent
      Sizing cfg size sizes <- readSizing members
      (after, actions) <- fromTooLarge (transition st event cfg size sizes)
      Right (E.object [("state", encodeState after), encodedActions actions])

-- The state that a request sends.
stateSent :: [Member] -> Answer PairState
stateSent members = required "state" members >>= readState

-- The same, or that of the session that the request names.
stateGiven :: Sessions -> [Member] -> Answer PairState
stateGiven sessions members = case member "state" members of
  Just v -> readState v
  Nothing -> heldState sessions members >>= maybe (requestError "state: is missing") Right

answerReplay :: [Member] -> [Answer Event] -> PairState -> Answer Put
answerReplay members events st = do
  sizing <- readSizing members
  Right (replay sizing st events)

encodedActions :: [Action] -> (ByteString, Put)
encodedActions actions = ("actions", E.list (map encodeAction actions))

answerVolume :: [Member] -> Answer Put
answerVolume members = do
  price <- required "price" members >>= readNumber "price"
  cfg <- required "config" members >>= readConfig
  size <- required "order_size_usd" members >>= readSize
  Right (E.object [("volume", maybe (E.raw "null") E.double (computeOrderVolume price cfg size))])

answerBootstrap :: [Member] -> PairState -> Answer Put
answerBootstrap members st = do
  cfg <- required "config" members >>= readConfig
  size <- required "order_size_usd" members >>= readSize
  longOnly <- optional "allow_long_only" (readFlag "allow_long_only") True members
  shortOnly <- optional "allow_short_only" (readFlag "allow_short_only") True members
  (after, actions, orders) <- fromTooLarge (bootstrapOrders st cfg size longOnly shortOnly)
  Right $
    E.object
      [ ("state", encodeState after),
        encodedActions actions,
        ("orders", E.list (map (encodeObject orderState) orders))
      ]
