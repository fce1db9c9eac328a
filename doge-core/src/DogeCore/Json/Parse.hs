-- | One purpose-built JSON parser.
--
-- Why not aeson: it loses the sign of @-0.0@, has no limit to nesting, and
-- costs twenty times as much on our requests (see the test suite, where it
-- serves as an oracle).
module DogeCore.Json.Parse
  ( parseDocument,
    ParseError (..),
    depthLimit,
  )
where

import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import qualified Data.ByteString.Unsafe as BU
import Data.Word (Word8)
import DogeCore.Json.Number (Scanned (..), parseNumber)
import DogeCore.Json.String (Parsed (..), parseString)
import DogeCore.Json.Value (Member (..), Value (..))

-- | Why a line is no document.
data ParseError
  = -- | The offset in bytes, and the reason.
    NotJson !Int !ByteString
  | TooDeep
  deriving (Eq, Show)

-- | The most levels of nesting.
depthLimit :: Int
depthLimit = 64

data Step a = Ok !Int !a | Bad !ParseError

-- | Parse a whole line.
parseDocument :: ByteString -> Either ParseError Value
parseDocument s = case value s 0 (skip s 0) of
  Bad e -> Left e
  Ok i v
    | end < B.length s -> Left (NotJson end "unexpected text behind the value")
    | otherwise -> Right v
    where
      end = skip s i

value :: ByteString -> Int -> Int -> Step Value
value s !depth !i
  | i >= B.length s = bad i "unexpected end"
  | otherwise = case BU.unsafeIndex s i of
      123
        | depth >= depthLimit -> Bad TooDeep
        | otherwise -> object s (depth + 1) (skip s (i + 1))
      91
        | depth >= depthLimit -> Bad TooDeep
        | otherwise -> array s (depth + 1) (skip s (i + 1))
      34 -> case parseString s (i + 1) of
        Whole j text -> Ok j (JString text)
        Lone j text -> Ok j (JBroken text)
        NoString j reason -> bad j reason
      45
        | at s (i + 1) == 73 -> word s i "-Infinity" (JFloat (-1 / 0))
        | otherwise -> number s i
      116 -> word s i "true" (JBool True)
      102 -> word s i "false" (JBool False)
      110 -> word s i "null" JNull
      73 -> word s i "Infinity" (JFloat (1 / 0))
      78 -> word s i "NaN" (JFloat (0 / 0))
      b
        | b - 48 <= 9 -> number s i
        | otherwise -> bad i "unexpected character"

number :: ByteString -> Int -> Step Value
number s i = case parseNumber s i of
  Number j v -> Ok j v
  NoNumber j reason -> bad j reason

word :: ByteString -> Int -> ByteString -> Value -> Step Value
word s i text v
  | B.isPrefixOf text (BU.unsafeDrop i s) = Ok (i + B.length text) v
  | otherwise = bad i "unexpected character"

array :: ByteString -> Int -> Int -> Step Value
array s !depth !start
  | at s start == 93 = Ok (start + 1) (JArray [])
  | otherwise = go [] start
  where
    go acc !i = case value s depth i of
      Bad e -> Bad e
      Ok j v -> case at s k of
        44 -> go (v : acc) (skip s (k + 1))
        93 -> Ok (k + 1) (JArray (reverse (v : acc)))
        _ -> bad k "expected , or ]"
        where
          k = skip s j

object :: ByteString -> Int -> Int -> Step Value
object s !depth !start
  | at s start == 125 = Ok (start + 1) (JObject [])
  | otherwise = go [] start
  where
    go acc !i
      | at s i /= 34 = bad i "expected a key"
      | otherwise = case parseString s (i + 1) of
          Whole j key -> keyed acc key (skip s j)
          Lone j key -> keyed acc key (skip s j)
          NoString j reason -> bad j reason
    keyed acc key !i
      | at s i /= 58 = bad i "expected :"
      | otherwise = case value s depth (skip s (i + 1)) of
          Bad e -> Bad e
          Ok j v -> next (Member key v : acc) (skip s j)
    next acc !i = case at s i of
      44 -> go acc (skip s (i + 1))
      125 -> Ok (i + 1) (JObject acc)
      _ -> bad i "expected , or }"

bad :: Int -> ByteString -> Step a
bad i reason = Bad (NotJson i reason)

skip :: ByteString -> Int -> Int
skip s !i
  | i < B.length s && isSpace (BU.unsafeIndex s i) = skip s (i + 1)
  | otherwise = i
  where
    isSpace b = b == 32 || b == 10 || b == 13 || b == 9

at :: ByteString -> Int -> Word8
at s i
  | i < B.length s = BU.unsafeIndex s i
  | otherwise = 0
{-# INLINE at #-}
