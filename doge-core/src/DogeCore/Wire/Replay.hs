{-# LANGUAGE MagicHash #-}

-- | Many events in one request. Reference: @answer_replay@ of
-- @reducer/wire.py@.
module DogeCore.Wire.Replay
  ( replay,
    encodePhase,
    encodeViolations,
  )
where

import Data.Text (Text)
import DogeCore.Digest (stateDigest)
import DogeCore.Invariants (checkInvariants, derivePhase)
import qualified DogeCore.Json.Encode as E
import DogeCore.Orders (Sizing (..))
import DogeCore.Put (Put (..), char8)
import DogeCore.Snapshot (encodeState)
import DogeCore.Transition (transition)
import DogeCore.Types (Action, Event, PairState, Phase, literalText)
import DogeCore.Wire.Codec (encodeAction)
import DogeCore.Wire.Error (Answer, encodeErrorFields, fromTooLarge)

-- | Answer every event in turn; an event that fails leaves the state as it was.
-- Each step is written before the next event is handled.
replay :: Sizing -> PairState -> [Answer Event] -> Put
replay (Sizing cfg size sizes) start events = Put $ \sink p0 -> do
  let go !st separator left p = case left of
        [] -> runPut (E.literal "],\"state\":"# <> encodeState st <> char8 '}') sink p
        read' : rest -> do
          let outcome = read' >>= \event -> fromTooLarge (transition st event cfg size sizes)
              !after = either (const st) fst outcome
          p' <- runPut (E.raw separator <> encodeStep after (snd <$> outcome)) sink p
          go after "," rest p'
  runPut (E.literal "{\"steps\":["#) sink p0 >>= go start "" events

encodeStep :: PairState -> Answer [Action] -> Put
encodeStep after outcome =
  char8 '{'
    <> either encodeErrorFields (\actions -> E.literal "\"actions\":"# <> E.list (map encodeAction actions)) outcome
    <> E.literal ",\"phase\":"#
    <> encodePhase (derivePhase after)
    <> E.literal ",\"violations\":"#
    <> encodeViolations (checkInvariants after)
    <> E.literal ",\"digest\":\""#
    <> E.hex (stateDigest after)
    <> E.literal "\"}"#

-- | A phase.
encodePhase :: Phase -> Put
encodePhase = E.asciiText . literalText

-- | The violations of a state.
encodeViolations :: [Text] -> Put
encodeViolations = E.list . map E.text
