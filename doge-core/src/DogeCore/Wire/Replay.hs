{-# LANGUAGE MagicHash #-}

-- | Many events in one request.
module DogeCore.Wire.Replay
  ( replay,
    encodePhase,
    encodeViolations,
  )
where

import Data.Text (Text)
import DogeCore.Digest (stateDigest)
import DogeCore.Helpers (derivePhase)
import DogeCore.Invariants (checkInvariants)
import DogeCore.Json (encodeAction, encodeState)
import qualified DogeCore.Json.Encode as E
import DogeCore.Put (Put (..), word8)
import DogeCore.Transition (Sizing (..), transition)
import DogeCore.Types
import DogeCore.Wire.Error

-- | Answer every event in turn; one that fails leaves the state as it was.
-- Each step is written before the next one is looked at.
replay :: Sizing -> PairState -> [Answer Event] -> Put
replay (Sizing cfg size sizes) start events = Put $ \sink p0 -> do
  let go !st separator left p = case left of
        [] -> runPut (E.literal "],\"state\":"# <> encodeState st <> word8 125) sink p
        read' : rest -> do
          let outcome = read' >>= \event -> fromTooLarge (transition st event cfg size sizes)
              !after = either (const st) fst outcome
          p' <- runPut (E.raw separator <> encodeStep after (snd <$> outcome)) sink p
          go after "," rest p'
  runPut (E.literal "{\"steps\":["#) sink p0 >>= go start "" events

encodeStep :: PairState -> Answer [Action] -> Put
encodeStep after outcome =
  word8 123
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

-- | What is wrong with a state.
encodeViolations :: [Text] -> Put
encodeViolations = E.list . map E.text
