-- | The tests of parsing, printing, snapshots and digests.
module JsonSpec (spec) where

import qualified Data.Aeson as Aeson
import qualified Data.ByteString as B
import qualified Data.ByteString.Char8 as BC
import qualified Data.ByteString.Lazy as BL
import qualified Data.Map.Strict as Map
import Data.Maybe (isJust)
import qualified Data.Scientific as Scientific
import qualified Data.Text as T
import Data.Text.Encoding (decodeUtf8)
import Data.Word (Word64)
import DogeCore.Contract (cycleRecord, orderState, pairState, recoveryOrder)
import DogeCore.Digest (packState, stateDigest)
import DogeCore.History (historyCount, historyCycles, historyDigest)
import qualified DogeCore.Json.Encode as E
import DogeCore.Json.Parse (ParseError (..), parseDocument)
import DogeCore.Json.Schema
  ( DecodeError (..),
    Kind (..),
    Path (..),
    decodeKind,
    fieldsOf,
    packFields,
  )
import DogeCore.Json.Value (Member (..), Value (..), member)
import DogeCore.Put (Put, bytes, toBytes, withPut, word64)
import DogeCore.Snapshot (decodeState, encodeState)
import DogeCore.Types (ModeSource (..), PairState (..))
import DogeCore.XxHash (hex16, xxh64, xxh64Bytes)
import GHC.Float (castDoubleToWord64)
import Gen (AnyDouble (..), AnyState (..))
import System.IO.Unsafe (unsafePerformIO)
import Test.Hspec (Spec, describe, it, shouldBe, shouldSatisfy)
import Test.Hspec.QuickCheck (modifyMaxSuccess, prop)
import Test.QuickCheck
  ( Arbitrary (..),
    Gen,
    Positive (..),
    UnicodeString (..),
    choose,
    elements,
    frequency,
    oneof,
    sized,
    vectorOf,
    (=/=),
    (===),
    (==>),
  )
import Text.Printf (printf)

spec :: Spec
spec = do
  doubleSpec
  numberSpec
  parseSpec
  textSpec
  stateSpec
  hashSpec
  digestSpec

doubleSpec :: Spec
doubleSpec = describe "double" . modifyMaxSuccess (* 50) $ do
  prop "round-trips every double bit for bit, NaN is refused" $ \(AnyDouble x) ->
    fmap castDoubleToWord64 (readDouble (toBytes (E.double x)))
      === if isNaN x then Nothing else Just (castDoubleToWord64 x)
  prop "marks every finite double as a float" $ \(AnyDouble x) ->
    x - x == 0 ==> BC.any (`elem` (".e" :: String)) (toBytes (E.double x))
  it "writes the shortest digits" $
    map (toBytes . E.double) [0.57, 1, -0.0, 0.1, 100, 5.0e-324, 123456.789, 0.30000000000000004]
      `shouldBe` ["0.57", "1.0", "-0.0", "0.1", "100.0", "5e-324", "123456.789", "0.30000000000000004"]
  it "writes an exponent where Python's repr does, and as it does" $
    map (toBytes . E.double) [1.0e-4, 9.999e-5, -1.2e-5, 1.0e-100, 9999999999999998, 1.0e16, -1.5e22, 1.7976931348623157e308]
      `shouldBe` ["0.0001", "9.999e-05", "-1.2e-05", "1e-100", "9999999999999998.0", "1e+16", "-1.5e+22", "1.7976931348623157e+308"]

numberSpec :: Spec
numberSpec = describe "numbers" $ do
  modifyMaxSuccess (* 50) . prop "read to the nearest double" $ \(Digits text) ->
    fmap castDoubleToWord64 (readDouble text) === Just (castDoubleToWord64 (scientific text))
  it "beyond any double are read at once" $
    map readDouble ["1e999999999", "-1e99999999999999999999", "1e-999999999", "-1e-999999999", "0e999999999"]
      `shouldBe` [Just (1 / 0), Just (-1 / 0), Just 0, Just (-0.0), Just 0]
  it "without fraction are integers, of any size" $
    map parseDocument ["-0", "9223372036854775807", "-9223372036854775808", "9223372036854775808"]
      `shouldBe` map Right [JInt 0, JInt maxBound, JInt minBound, JBig 9223372036854775808]
  it "are limited to 1100 characters" $ do
    parseDocument (BC.replicate 1100 '1') `shouldSatisfy` either (const False) (const True)
    parseDocument (BC.replicate 1101 '1') `shouldSatisfy` either (const True) (const False)
  it "keep to the grammar" $
    [s | s <- ["01", "1.", ".5", "1e", "1e+", "+1", "-", "--1", "1.e5", "0x1", "1_0", "-01"], accepted s] `shouldBe` []

parseSpec :: Spec
parseSpec = describe "parseDocument" $ do
  modifyMaxSuccess (* 20) . prop "agrees with aeson on valid documents" $ \(Document doc) ->
    let text = BL.toStrict (Aeson.encode doc)
     in fmap asAeson (parseDocument text) === maybe (Left (NotJson 0 "aeson")) Right (Aeson.decodeStrict text)
  modifyMaxSuccess (* 20) . prop "agrees with aeson on what is no document" $ \(Document doc) at byte ->
    let text = damage at byte (BL.toStrict (Aeson.encode doc))
     in not (BC.any (`elem` ("NI" :: String)) text) ==>
          accepted text === isJust (Aeson.decodeStrict text :: Maybe Aeson.Value)
  it "nests 64 levels and no more" $ do
    accepted (nested 64) `shouldBe` True
    parseDocument (nested 65) `shouldBe` Left TooDeep
  it "keeps the last of a repeated key" $
    fmap (\case JObject ms -> member "a" ms; _ -> Nothing) (parseDocument "{\"a\":1,\"a\":2}")
      `shouldBe` Right (Just (JInt 2))
  it "reads bare non-finite tokens" $
    map readDouble ["Infinity", "-Infinity"] `shouldBe` [Just (1 / 0), Just (-1 / 0)]
  it "joins surrogate pairs and tells lone ones" $
    map parseDocument ["\"\\ud83d\\ude00\"", "\"\\ud83d\"", "\"\\ude00x\"", "\"\\ud83d\\u0041\""]
      `shouldBe` map Right [JString "\xF0\x9F\x98\x80", JBroken "\xED\xA0\xBD", JBroken "\xED\xB8\x80x", JBroken "\xED\xA0\xBD\&A"]
  it "refuses invalid UTF-8, control characters and unknown escapes" $
    [s | s <- ["\"\xFF\"", "\"\xC0\x80\"", "\"\xED\xA0\x80\"", "\"\xF4\x90\x80\x80\"", "\"\xE2\x82\"", "\"\n\"", "\"\\x\"", "\"\\u12g4\"", "\"abc"], accepted s]
      `shouldBe` []

textSpec :: Spec
textSpec = describe "text" . prop "is written so that aeson reads it back" $ \(UnicodeString s) ->
  let t = T.map (\c -> if c >= '\xD800' && c <= '\xDFFF' then '?' else c) (T.pack s)
   in Aeson.decodeStrict (B.concat ["[", toBytes (E.text t), "]"]) === Just [t]

stateSpec :: Spec
stateSpec = describe "decodeState" $ do
  prop "reads back what encodeState wrote, bit for bit" $ \(AnyState st) ->
    (toBytes . packState <$> reread st) === Right (toBytes (packState st))
  it "takes the defaults of an old snapshot" $ do
    let old = fromText "{\"total_profit\":2.5,\"profit_pct\":3.5,\"mode_source\":\" Balance\\n\",\"later\":1}"
    fmap (\st -> (psTotalSettledUsd st, psProfitPctRuntime st, psModeSource st, psNow st)) old
      `shouldBe` Right (2.5, 3.5, ModeBalance, 0)
  it "names the path of what is wrong" $
    map (either decodeSentence (const "fine") . fromText) broken
      `shouldBe` [ "state.orders[0].price: is missing",
                   "state.market_price: must be finite, got Infinity",
                   "state.cooldown_until_a: must be finite or Infinity, got -Infinity",
                   "state.cycle_a: expected an integer, got a number",
                   "state.cycle_b: must fit in 64 bits",
                   "state.long_only: expected true or false, got a number",
                   "state.last_refresh_direction_a: must be one of up, down; got \"\\u00e9\"",
                   "state.orders: expected a list, got null"
                 ]

hashSpec :: Spec
hashSpec = describe "xxh64" $ do
  it "hashes the published vectors" $
    map (xxh64Bytes 0) ["", "a", "abc"] `shouldBe` [0xef46db3751d8e999, 0xd24ec4f1a98c6e5b, 0x44bc2cf5ad770999]
  it "hashes what Python's xxhash hashes, at every length class" $
    [xxh64Bytes seed (B.pack [fromIntegral (i * 7 `mod` 256) | i <- [0 .. n - 1]]) | (seed, n, _) <- vectors]
      `shouldBe` [h | (_, _, h) <- vectors]
  prop "prints sixteen digits" $ \w -> BC.unpack (hex16 w) === printf "%016x" w

digestSpec :: Spec
digestSpec = do
  describe "packState" . prop "agrees with the schema's packing" $ \(AnyState st) ->
    toBytes (packState st) === toBytes (packBySchema st)
  describe "History" . prop "chains the digests of its records" $ \(AnyState st) ->
    let chain = foldl (\seed r -> hashPut seed (packFields (fieldsOf cycleRecord) r)) 0
     in historyDigest (psCompletedCycles st) === chain (historyCycles (psCompletedCycles st))
  describe "stateDigest" . prop "sees the sign of a zero" $ \(AnyState st) ->
    stateDigest st {psTotalFees = 0} =/= stateDigest st {psTotalFees = -0.0}

-- | The state that reading back the JSON of a state gives.
reread :: PairState -> Either DecodeError PairState
reread st = fromText (toBytes (encodeState st))

fromText :: B.ByteString -> Either DecodeError PairState
fromText s = either (const (Left (DecodeError False "not JSON"))) (decodeState (Root "state")) (parseDocument s)

accepted :: B.ByteString -> Bool
accepted s = either (const False) (const True) (parseDocument s)

nested :: Int -> B.ByteString
nested n = B.concat [BC.replicate n '[', BC.replicate n ']']

-- | The text with one byte replaced or left out.
damage :: Int -> Int -> B.ByteString -> B.ByteString
damage at byte text = B.concat [before, B.take (byte `mod` 2) (B.singleton (fromIntegral (32 + byte `mod` 95))), B.drop 1 after]
  where
    (before, after) = B.splitAt (at `mod` (B.length text + 1)) text

-- | Snapshots with one mistake each.
broken :: [B.ByteString]
broken =
  [ "{\"orders\":[{\"local_id\":1,\"side\":\"buy\",\"role\":\"exit\"}]}",
    "{\"market_price\":1e400}",
    "{\"cooldown_until_a\":\"-Infinity\"}",
    "{\"cycle_a\":1.0}",
    "{\"cycle_b\":9223372036854775808}",
    "{\"long_only\":1}",
    "{\"last_refresh_direction_a\":\"\xC3\xA9\"}",
    "{\"orders\":null}"
  ]

-- (seed, length, hash) of the bytes 0, 7, 14, …; made with the package xxhash.
vectors :: [(Word64, Int, Word64)]
vectors =
  [ (0, 0, 0xef46db3751d8e999),
    (0x9e3779b97f4a7c15, 0, 0xc4349fc93c010000),
    (0, 1, 0xe934a84adb052768),
    (0, 3, 0x9ff70a635a6209ab),
    (0, 4, 0xae5acdc00a55ac41),
    (0x9e3779b97f4a7c15, 7, 0x60bf31abf53f85dd),
    (0, 8, 0x87116b3365b924eb),
    (0, 15, 0x02c53ab1e360882f),
    (0x9e3779b97f4a7c15, 31, 0x74a5c408b232704d),
    (0, 32, 0x91b0cb0931a8c629),
    (0x9e3779b97f4a7c15, 33, 0x5d3268a30eb755d3),
    (0, 63, 0x219110bf13e2fa26),
    (0x9e3779b97f4a7c15, 64, 0x767e0fa4d0ba92ef),
    (0, 100, 0x8e2272c08247d5db),
    (0x9e3779b97f4a7c15, 257, 0x98553b1cd6d8ec0f)
  ]

packBySchema :: PairState -> Put
packBySchema st =
  packFields (fieldsOf pairState) st
    <> listed orderState (psOrders st)
    <> listed recoveryOrder (psRecoveryOrders st)
    <> word64 (fromIntegral (historyCount (psCompletedCycles st)))
  where
    listed schema items = word64 (fromIntegral (length items)) <> bytes (B.concat (map (toBytes . packFields (fieldsOf schema)) items))

hashPut :: (Integral a) => a -> Put -> a
hashPut seed put = fromIntegral (unsafePerformIO (withPut 16 put (xxh64 (fromIntegral seed))))

readDouble :: B.ByteString -> Maybe Double
readDouble s = case parseDocument s of
  Right v -> either (const Nothing) Just (decodeKind KFloat (Root "x") v)
  Left _ -> Nothing

scientific :: B.ByteString -> Double
scientific s = maybe (0 / 0) exact (Aeson.decodeStrict s)
  where
    exact x
      | "-" `BC.isPrefixOf` s = negate (toDouble (negate x))
      | otherwise = toDouble x
    toDouble x
      | Scientific.base10Exponent x > 400 = 1 / 0
      | otherwise = fromRational (toRational (x :: Scientific.Scientific))

-- | The text of a number.
newtype Digits = Digits B.ByteString
  deriving (Show)

instance Arbitrary Digits where
  arbitrary = do
    sign <- elements ["", "-"]
    whole <- oneof [pure "0", show . getPositive <$> (arbitrary :: Gen (Positive Int)), show <$> choose (1, 10 ^ (25 :: Int) :: Integer)]
    size <- choose (1, 25)
    fraction <- vectorOf size (choose ('0', '9'))
    power <- oneof [pure "", ("e" ++) . show <$> choose (-30, 30 :: Int), ("E" ++) . show <$> choose (-345, 310 :: Int)]
    pure (Digits (BC.pack (concat [sign, whole, ".", fraction, power])))

-- | A JSON document that both parsers can hold.
newtype Document = Document Aeson.Value
  deriving (Show)

instance Arbitrary Document where
  arbitrary = Document <$> sized document
    where
      document :: Int -> Gen Aeson.Value
      document n =
        frequency $
          [(2, Aeson.Number . fromIntegral <$> (arbitrary :: Gen Int)), (2, Aeson.Number . Scientific.fromFloatDigits <$> (arbitrary :: Gen Double))]
            ++ [(2, Aeson.String <$> texts), (1, pure Aeson.Null), (1, Aeson.Bool <$> arbitrary)]
            ++ [(2, Aeson.toJSON <$> smaller (document (n `div` 3))) | n > 0]
            ++ [(2, Aeson.toJSON . Map.fromList <$> smaller ((,) <$> texts <*> document (n `div` 3))) | n > 0]
      smaller g = choose (0, 4) >>= (`vectorOf` g)
      texts = T.map (\c -> if c >= '\xD800' && c <= '\xDFFF' then '?' else c) . T.pack . getUnicodeString <$> arbitrary

asAeson :: Value -> Aeson.Value
asAeson = \case
  JNull -> Aeson.Null
  JBool b -> Aeson.Bool b
  JInt n -> Aeson.Number (fromIntegral n)
  JBig n -> Aeson.Number (fromInteger n)
  JFloat x -> Aeson.Number (Scientific.fromFloatDigits x)
  JString s -> Aeson.String (decodeUtf8 s)
  JBroken s -> error (show s)
  JArray items -> Aeson.toJSON (map asAeson items)
  JObject members -> Aeson.toJSON (Map.fromList [(decodeUtf8 k, asAeson v) | Member k v <- reverse members])
