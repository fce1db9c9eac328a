-- | One line in, one line out. Reference: @reducer/wire.py@.
module DogeCore.Wire.Server
  ( Handled (..),
    handleLine,
    handlePlain,
    handleTooLong,
    internalError,
  )
where

import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import qualified Data.ByteString.Char8 as BC
import DogeCore.Contract (orderState)
import DogeCore.Helpers (derivePhase)
import DogeCore.Invariants (checkInvariants)
import DogeCore.Json
import qualified DogeCore.Json.Encode as E
import DogeCore.Json.Parse (ParseError (..), parseDocument)
import DogeCore.Json.Schema
import DogeCore.Json.Value (Member (..), Value (..), member)
import Data.Maybe (isNothing)
import DogeCore.Put (Put)
import DogeCore.Transition
import DogeCore.Types
import DogeCore.Wire.Error
import DogeCore.Wire.Plain (Plain (..))
import DogeCore.Wire.Replay
import DogeCore.Wire.Request
import DogeCore.Wire.Session

-- | An answer, the sentence if it is an error, and the sessions afterwards.
data Handled = Handled
  { handledSessions :: !Sessions,
    handledError :: !(Maybe ByteString),
    handledAnswer :: !Put
  }

-- | Answer one line.
handleLine :: Sessions -> ByteString -> Handled
handleLine sessions = handledAs sessions . request sessions

-- | Answer a line that was read already; nothing if 'handleLine' has to.
handlePlain :: Sessions -> Plain -> Maybe Handled
handlePlain sessions = \case
  PlainStep number high low event -> case plainStep sessions number (high, low) event of
    Nothing -> Nothing
    Just answered -> Just $! handledAs sessions answered
  PlainReplay events others -> case parseDocument others of
    Right (JObject members)
      | all (absent members) ["method", "events"] ->
          either (const Nothing) (Just . Handled sessions Nothing) $
            stateGiven sessions members >>= answerReplay members (map Right events)
    Right _ -> Nothing
    Left _ -> Nothing
  where
    absent members key = isNothing (member key members)

handledAs :: Sessions -> Answer (Sessions, Put) -> Handled
handledAs sessions = \case
  Left e -> failed sessions e
  Right (after, reply) -> Handled after Nothing reply

-- | Answer a line that was too long to be held.
handleTooLong :: Sessions -> Handled
handleTooLong sessions =
  failed sessions (WireError RequestError "request: longer than 67108864 bytes")

-- | Answer a request on which this program broke down.
internalError :: Sessions -> String -> Handled
internalError sessions what =
  failed sessions (WireError InternalError (B.append "internal: " (BC.pack (take 500 (map plain what)))))
  where
    plain c = if c >= ' ' && c <= '~' then c else '?'

failed :: Sessions -> WireError -> Handled
failed sessions e = Handled sessions (Just (weSentence e)) (encodeError e)

request :: Sessions -> ByteString -> Answer (Sessions, Put)
request sessions line = case parseDocument line of
  Left TooDeep -> requestError "request: nested deeper than 64 levels"
  Left (NotJson at reason) ->
    requestError (B.concat ["request: is not JSON (", reason, ", at byte ", BC.pack (show at), ")"])
  Right (JObject members) -> readMethod members >>= answer sessions members
  Right other -> either (requestError . decodeSentence) Right (wrongType (Root "request") "an object" other)

answer :: Sessions -> [Member] -> Method -> Answer (Sessions, Put)
answer sessions members = \case
  Step -> step sessions members
  Transition -> unchanged answerTransition
  CheckInvariants -> unchanged $ do
    st <- stateOf
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
    unchanged = fmap (sessions,)
    stateOf = stateGiven sessions members
    answerTransition = do
      st <- stateOf
      event <- required "event" members >>= readEvent
      Sizing cfg size sizes <- readSizing members
      (after, actions) <- fromTooLarge (transition st event cfg size sizes)
      Right (E.object [("state", encodeState after), encodedActions actions])

-- The state of a request, or that of the session which it names.
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
