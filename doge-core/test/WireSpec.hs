-- | The tests of requests and answers, sessions and errors.
module WireSpec (spec) where

import qualified Data.ByteString as B
import qualified Data.ByteString.Char8 as BC
import qualified Data.List as List
import DogeCore.Put (toBytes)
import DogeCore.Snapshot (encodeState)
import DogeCore.Wire.Server (Handled (..), handleLine, internalError)
import DogeCore.Wire.Session (noSessions, sessionLimit)
import Gen (startState)
import Test.Hspec (Spec, describe, it, shouldBe, shouldSatisfy)

spec :: Spec
spec = do
  describe "handleLine" $ do
    it "answers what is no request with a sentence" $
      map (sentence noSessions) ["", "[]", "{", BC.replicate 100 '[', "{\"method\":\"foo\"}", "{\"method\":\"transition\"}"]
        `shouldBe` map
          Just
          [ "request: is not JSON (unexpected end, at byte 0)",
            "request: expected an object, got a list",
            "request: is not JSON (expected a key, at byte 1)",
            "request: nested deeper than 64 levels",
            "request: unknown method \"foo\"; known: transition, check_invariants, derive_phase, compute_order_volume, bootstrap_orders, describe, replay, step",
            "state: is missing"
          ]
    it "tells what is no event from an event that is wrong" $
      map (sentence noSessions . opening 1) ["{}", "5", "{\"price\":1}", "{\"timestamp\":\"NaN\"}", "{\"timestamp\":1,\"x\":2}"]
        `shouldBe` map Just ["event: is no event", "event: is no event", "event.timestamp: is missing", "event.timestamp: must be finite, got NaN", "event.x: is not a field"]
    it "replays on from a step that failed" $ do
      let answer = reply noSessions (request "replay" ",\"events\":[{\"timestamp\":1},{},{\"timestamp\":2}]")
      B.breakSubstring "\"kind\":\"TypeError\"" answer `shouldSatisfy` (not . B.null . snd)
      B.breakSubstring "\"now\":2.0" answer `shouldSatisfy` (not . B.null . snd)
  describe "internalError" $
    it "is one line of JSON of its own kind" $
      toBytes (handledAnswer (internalError noSessions "stack\noverflow \"x\""))
        `shouldBe` "{\"error\":\"internal: stack?overflow \\\"x\\\"\",\"kind\":\"InternalError\"}"
  describe "step" $ do
    it "answers what changed, and goes on from its digest" $ do
      let first = handleLine noSessions (opening 1 tick)
          digest = digestOf first
          second = handleLine (handledSessions first) (next 1 digest)
      handledError second `shouldBe` Nothing
      toBytes (handledAnswer second) `shouldBe` B.concat ["{\"digest\":\"", digestOf second, "\",\"set\":{\"now\":1002.0},\"actions\":[]}"]
    it "refuses a digest that is not its state's" $
      sentence (handledSessions (handleLine noSessions (opening 1 tick))) (next 1 "0000000000000000")
        `shouldBe` Just "session: is lost, send the state again"
    it "changes nothing when it fails" $ do
      let first = handleLine noSessions (opening 1 tick)
          digest = digestOf first
          failing = handleLine (handledSessions first) (B.concat ["{\"method\":\"step\",\"session\":1,\"digest\":\"", digest, "\",\"event\":{},\"order_size_usd\":1}"])
      handledError failing `shouldBe` Just "event: is no event"
      sentence (handledSessions failing) (next 1 digest) `shouldBe` Nothing
    it "keeps the sessions used last and forgets the rest" $ do
      let openAll = List.foldl' (\s n -> handledSessions (handleLine s (opening n tick))) noSessions
          digest = digestOf (handleLine noSessions (opening 1 tick))
          full = openAll [1 .. sessionLimit]
          used = handledSessions (handleLine full (next 1 digest))
          over = openAll' used (sessionLimit + 1)
          openAll' s n = handledSessions (handleLine s (opening n tick))
      sentence over (next 2 digest) `shouldBe` Just "session: is lost, send the state again"
      sentence over (next 3 digest) `shouldBe` Nothing
    it "serves other methods on the held state" $ do
      let first = handleLine noSessions (opening 1 tick)
          asked = B.concat ["{\"method\":\"check_invariants\",\"session\":1,\"digest\":\"", digestOf first, "\"}"]
      reply (handledSessions first) asked `shouldBe` "{\"violations\":[]}"
  where
    sentence sessions line = handledError (handleLine sessions line)
    reply sessions line = toBytes (handledAnswer (handleLine sessions line))
    digestOf = B.take 16 . B.drop 11 . toBytes . handledAnswer
    tick = "{\"timestamp\":1001}"
    request method rest =
      B.concat ["{\"method\":\"", method, "\",\"state\":", toBytes (encodeState startState), ",\"config\":{},\"order_size_usd\":5", rest, "}"]
    opening :: Int -> B.ByteString -> B.ByteString
    opening n event = request "step" (B.concat [",\"session\":", BC.pack (show n), ",\"event\":", event])
    next :: Int -> B.ByteString -> B.ByteString
    next n digest = B.concat ["{\"method\":\"step\",\"session\":", BC.pack (show n), ",\"digest\":\"", digest, "\",\"event\":{\"timestamp\":1002}}"]
