-- | The tests of the fast path: it answers as the parser does, or leaves the line
-- to it.
module FastPathSpec (spec) where

import qualified Data.ByteString as B
import qualified Data.ByteString.Char8 as BC
import qualified Data.ByteString.Unsafe as BU
import Data.Maybe (isJust, isNothing)
import DogeCore.Digest (stateDigest)
import DogeCore.Json.Parse (parseDocument)
import DogeCore.Json.Value (Value (..))
import DogeCore.Put (toBytes)
import DogeCore.Snapshot (encodeState)
import DogeCore.Transition (transition)
import DogeCore.Types (Event (..))
import DogeCore.Wire.Error (fromTooLarge, requestError)
import DogeCore.Wire.FastPath (FastRequest, readFastPath)
import DogeCore.Wire.Request (readConfig, readPatch)
import DogeCore.Wire.Server (Handled (..), handleFastPath, handleLine)
import DogeCore.Wire.Session (noSessions)
import DogeCore.XxHash (hex16)
import Foreign.Ptr (castPtr, plusPtr)
import Gen (startState)
import System.IO.Unsafe (unsafePerformIO)
import Test.Hspec (Spec, describe, it, shouldBe)

spec :: Spec
spec = describe "readFastPath" $ do
  it "takes every event as the adapter spells it" $
    [event | event <- events, isNothing (quick (next event))] `shouldBe` []
  it "answers alike" $
    filter (not . alike) (map next events) `shouldBe` []
  it "answers alike, however a number is spelled" $
    filter (not . alike) [next (template number) | number <- numbers, template <- numberTemplates] `shouldBe` []
  it "answers alike, whichever byte is another" $
    filter (not . alike) (concatMap (everywhere . next) events) `shouldBe` []
  agrees "several events" several brokenSeveral
  agrees "a patch and settings behind the event" patched brokenPatches
  agrees "a state behind the event or events" openings brokenOpenings
  it "leaves other spellings to the parser" $
    [line | line <- others, isJust (quick line)] `shouldBe` []
  it "takes a replay that begins with its events" $
    [line | line <- map replay typedEvents ++ [replay (B.intercalate "," typedEvents)], isNothing (quick line)] `shouldBe` []
  it "answers a replay alike" $
    filter (not . alike) (replay (B.intercalate "," typedEvents) : map replay typedEvents) `shouldBe` []
  it "answers a replay alike, however a number is spelled" $
    filter (not . alike) [replay (tick number) | number <- numbers] `shouldBe` []
  it "answers a replay alike, whichever byte is another" $
    filter (not . alike) (concatMap (everywhere . replay) typedEvents) `shouldBe` []
  it "leaves other replays to the parser" $
    [line | line <- otherReplays, isJust (quick line)] `shouldBe` []
  where
    agrees what good broken = do
      it ("takes " ++ what) $
        [line | line <- good, isNothing (quick line)] `shouldBe` []
      it ("answers alike: " ++ what) $
        filter (not . alike) (good ++ broken) `shouldBe` []
      it ("answers alike, whichever byte is another: " ++ what) $
        filter (not . alike) (concatMap everywhere good) `shouldBe` []
      it ("leaves to the parser, if broken: " ++ what) $
        [line | line <- broken, isJust (quick line)] `shouldBe` []
    tick number = B.concat ["{\"_type\":\"TimerTick\",\"timestamp\":", number, "}"]
    replay list = B.concat ["{\"method\":\"replay\",\"events\":[", list, "],", sent, ",\"config\":{},\"order_size_usd\":5}"]
    otherReplays =
      [ replay "",
        replay "{\"timestamp\":1002}",
        replay (B.append (tick "1002") ","),
        B.append (replay (tick "1002")) "x",
        B.concat ["{\"method\":\"replay\",\"events\":[", tick "1002", "]}"],
        B.concat ["{\"method\":\"replay\",\"events\":[", tick "1002", "],", sent, ",\"config\":{},\"order_size_usd\":5,\"events\":[]}"],
        B.concat ["{\"method\":\"replay\",\"events\":[", tick "1002", "],", sent, ",\"config\":{},\"order_size_usd\":5,\"method\":\"describe\"}"],
        B.concat ["{\"method\":\"replay\",\"events\":[", tick "1002", "],", sent, ",\"config\":{},\"order_size_usd\":null}"]
      ]
    sent = B.append "\"state\":" (toBytes (encodeState startState))
    opened = handledSessions (handleLine noSessions opening)
    digest = digestOf (handleLine noSessions opening)
    digestOf = B.take 16 . B.drop 11 . toBytes . handledAnswer
    quick line = fastRequest line >>= handleFastPath opened
    -- Compares both answers, and those to a further request, which show that the
    -- sessions are alike too.
    alike line = case quick line of
      Nothing -> True
      Just handled -> seen handled == seen (handleLine opened line)
    seen handled = (handledError handled, toBytes (handledAnswer handled), probe handled)
    probe handled = [toBytes (handledAnswer (handleLine (handledSessions handled) (held d))) | d <- [digest, digestOf handled]]
    held d = B.concat ["{\"method\":\"check_invariants\",\"session\":5,\"digest\":\"", d, "\"}"]
    opening = B.concat ["{\"method\":\"step\",\"session\":5,\"state\":", toBytes (encodeState startState), ",\"config\":{},\"order_size_usd\":5,\"event\":{\"timestamp\":1001}}"]
    next event = B.concat ["{\"method\":\"step\",\"session\":5,\"digest\":\"", digest, "\",\"event\":{", event, "}}"]
    listed list = B.concat ["{\"method\":\"step\",\"session\":5,\"digest\":\"", digest, "\",\"events\":[", list]
    braced event = B.concat ["{", event, "}"]
    several =
      [ B.append (listed (B.intercalate "," (map braced events))) end
      | end <- ["]}", "],\"order_size_usd\":1}", "],\"patch\":{},\"order_size_usd\":1}"]
      ]
    brokenSeveral =
      [ B.append (listed list) end
      | (list, end) <-
          [("", "]}"), ("{\"timestamp\":1002},", "]}"), ("{\"timestamp\":1002}", "],}"), ("{\"timestamp\":1002}", "],\"event\":{}}"), ("{\"timestamp\":null}", "]}"), ("{\"timestamp\":1002}", "]"), ("[]", "]}")]
      ]
    withMembers found members =
      B.concat ["{\"method\":\"step\",\"session\":5,\"digest\":\"", found, "\",\"event\":{\"timestamp\":1002},", members, "}"]
    -- Each names the digest of the state that its patch makes.
    patched =
      [withMembers (patchedDigest patch) (B.concat ["\"patch\":", patch, settings]) | patch <- patches, settings <- ["", ",\"order_size_usd\":1"]]
        ++ [withMembers digest "\"order_size_usd\":1", withMembers digest "\"config\":{\"entry_pct\":0.5},\"order_size_usd\":1,\"order_sizes\":null"]
    brokenPatches =
      [withMembers digest (B.append "\"patch\":" patch) | patch <- ["null", "{\"now\":null}", "{\"orders\":[7]}", "{\"now\":1.0}", "{\"orders\":{}}"]]
        ++ [ withMembers digest "\"config\":{\"entry\":1}",
             withMembers digest "\"order_size_usd\":null",
             withMembers digest "\"event\":{\"timestamp\":1003}",
             withMembers digest "\"state\":{}",
             withMembers digest "\"digest\":\"0\"",
             withMembers digest "\"order_size_usd\":1,",
             withMembers digest ""
           ]
    openings =
      [ B.concat ["{\"method\":\"step\",\"session\":", number, ",", told, ",", sent, ",\"config\":{},", size]
      | number <- ["5", "0"],
        told <- B.concat ["\"events\":[", B.intercalate "," (map braced events), "]"] : map (B.append "\"event\":" . braced) events,
        size <- ["\"order_size_usd\":5}", "\"order_size_usd\":5,\"order_sizes\":{\"A\":7.5}}", "\"order_size_usd\":5,\"digest\":\"0\",\"patch\":{}}"]
      ]
    brokenOpenings =
      [ B.concat ["{\"method\":\"step\",\"session\":", number, ",\"event\":{\"timestamp\":1002}", members]
      | (number, members) <-
          [ ("-5", openedBy ""),
            ("5", openedBy ","),
            ("5", openedBy ",\"event\":{\"timestamp\":1003}"),
            ("5", openedBy ",\"events\":[]"),
            ("5", openedBy ",\"session\":6"),
            ("5", openedBy ",\"method\":\"describe\""),
            ("5", openedBy ",\"state\":{\"now\":null}"),
            ("5", openedBy ",\"order_size_usd\":null"),
            ("5", openedBy ",\"config\":{\"entry\":1}"),
            ("5", ",\"config\":{},\"order_size_usd\":5}"),
            ("5", B.concat [",", sent, "}"]),
            ("5", ",}"),
            ("5", "}")
          ]
      ]
    openedBy more = B.concat [",", sent, ",\"config\":{},\"order_size_usd\":5", more, "}"]
    patchedDigest patch = hex16 (stateDigest (either (error . show) id (readPatch heldNow =<< parsed patch)))
    parsed text = either (const (requestError "not JSON")) Right (parseDocument text)
    heldNow = either (error . show) fst (fromTooLarge (transition startState (EvTimerTick 1001) defaults 5 Nothing))
    defaults = either (error . show) id (readConfig (JObject []))
    others =
      [ B.concat ["{\"method\":\"step\",\"session\":-5,\"digest\":\"", digest, "\",\"event\":{\"timestamp\":1002}}"],
        B.concat ["{\"method\":\"step\",\"session\":5, \"digest\":\"", digest, "\",\"event\":{\"timestamp\":1002}}"],
        next "\"timestamp\":1e3",
        next "\"_type\":\"TimerTick\",\"timestamp\":1002",
        next "\"timestamp\":1002,\"timestamp\":1003",
        "{\"method\":\"step\",\"session\":5,\"digest\":\"0000000000000000\",\"event\":{\"timestamp\":1002}}",
        "",
        "{"
      ]

fastRequest :: B.ByteString -> Maybe FastRequest
fastRequest line = unsafePerformIO $
  BU.unsafeUseAsCString (BC.snoc line '\n') $ \p -> readFastPath (castPtr p) (castPtr p `plusPtr` B.length line)

patches :: [B.ByteString]
patches =
  [ "{}",
    "{\"now\":3.5}",
    "{\"now\":3,\"now\":4,\"total_fees\":-0.0,\"cooldown_until_a\":\"Infinity\",\"mode_source\":\"x\",\"unknown\":[{}]}",
    "{\"orders\":[]}",
    "{\"orders\":[1,[0,{\"txid\":\"x\"}]],\"recovery_orders\":[]}",
    "{\"orders\":[{\"local_id\":7,\"side\":\"buy\",\"role\":\"entry\",\"price\":0.1,\"volume\":20,\"trade_id\":\"B\",\"cycle\":1,\"txid\":\"\\u00e9\"}],\"next_order_id\":9}",
    "{\"completed_cycles\":[{\"trade_id\":\"A\",\"cycle\":1,\"entry_price\":1,\"exit_price\":1,\"volume\":1,\"gross_profit\":1,\"fees\":1,\"net_profit\":1}]}"
  ]

events :: [B.ByteString]
events =
  [ "\"price\":0.1021,\"timestamp\":1002.5",
    "\"timestamp\":1002",
    "\"order_local_id\":1,\"txid\":\"OTX-1\",\"side\":\"buy\",\"price\":0.0998,\"volume\":20.0,\"fee\":0.1,\"timestamp\":1002.0",
    "\"order_local_id\":2,\"txid\":\"\",\"side\":\"sell\",\"price\":0.1002,\"volume\":20,\"fee\":-0.0,\"timestamp\":1002.0",
    "\"recovery_id\":1,\"txid\":\"\",\"side\":\"sell\",\"price\":0.1002,\"volume\":20.0,\"fee\":0.0,\"timestamp\":1002.25",
    "\"recovery_id\":1,\"txid\":\"x\",\"timestamp\":1002.25"
  ]

typedEvents :: [B.ByteString]
typedEvents =
  [ B.concat ["{\"_type\":\"", name, "\",", event, "}"]
  | (name, event) <- zip ["PriceTick", "TimerTick", "FillEvent", "FillEvent", "RecoveryFillEvent", "RecoveryCancelEvent"] events
  ]

numberTemplates :: [B.ByteString -> B.ByteString]
numberTemplates =
  [ \n -> B.concat ["\"price\":", n, ",\"timestamp\":1002.5"],
    \n -> B.concat ["\"timestamp\":", n],
    \n -> B.concat ["\"order_local_id\":", n, ",\"txid\":\"\",\"side\":\"buy\",\"price\":0.0998,\"volume\":20.0,\"fee\":0.1,\"timestamp\":1002.0"]
  ]

numbers :: [B.ByteString]
numbers =
  ["0", "-0", "-0.0", "0.0", "00", "01", "-", "-.5", ".5", "5.", "1.5.5", "1e5", "1E-5", "2", "-2", "+2", " 2", "2 ", "null", "\"2\"", "\"Infinity\"", "NaN", "Infinity", "-Infinity"]
    ++ ["9007199254740993.0", "0.1000000000000000055", "123456789.123456789", "1234567890.123456789", "0.00000000000000001", "0.000000000000000001"]
    ++ [B.append (BC.replicate n '9') rest | n <- [14 .. 22], rest <- ["", ".0", ".5", ".25"]]
    ++ [B.append "0." (BC.replicate n '3') | n <- [14 .. 22]]

-- Each byte replaced, left out, and doubled.
everywhere :: B.ByteString -> [B.ByteString]
everywhere line = concatMap at [0 .. B.length line - 1]
  where
    at i =
      let (before, from) = B.splitAt i line
          after = B.drop 1 from
       in B.append before after
            : B.concat [before, B.take 1 from, from]
            : [B.concat [before, BC.singleton c, after] | c <- "\0\t \",-.09\\e}\DEL\xC3"]
