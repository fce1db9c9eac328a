-- | A purpose-built JSON parser.
--
-- It replaces aeson, which loses the sign of @-0.0@, has no limit to nesting,
-- and costs twenty times as much on our requests. The test suite uses aeson as
-- an oracle.
module DogeCore.Json.Parse
  ( parseDocument,
    ParseError (..),
    depthLimit,
  )
where

import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import qualified Data.ByteString.Unsafe as BU
import DogeCore.Json.Bytes (at, isDigit, unsafeAt)
import DogeCore.Json.Number (Scanned (..), parseNumber)
import DogeCore.Json.String (Parsed (..), parseString)
import DogeCore.Json.Value (Member (..), Value (..))

-- | The reason why a line is no document.
data ParseError
  = -- | The offset in bytes, and the reason.
    NotJson !Int !ByteString
  | TooDeep
  deriving (Eq, Show)

-- | The most levels of nesting.
depthLimit :: Int
depthLimit = 64

-- A value and the offset behind it, or an error.
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

-- The value that starts at an offset, at a depth of nesting.
value :: ByteString -> Int -> Int -> Step Value
value s !depth !i
  | i >= B.length s = bad i "unexpected end"
  | otherwise = case unsafeAt s i of
      '{'
        | depth >= depthLimit -> Bad TooDeep
        | otherwise -> object s (depth + 1) (skip s (i + 1))
      '['
        | depth >= depthLimit -> Bad TooDeep
        | otherwise -> array s (depth + 1) (skip s (i + 1))
      '"' -> case parseString s (i + 1) of
        Whole j text -> Ok j (JString text)
        Lone j text -> Ok j (JBroken text)
        NoString j reason -> bad j reason
      '-'
        | at s (i + 1) == 'I' -> word s i "-Infinity" (JFloat (-1 / 0))
        | otherwise -> number s i
      't' -> word s i "true" (JBool True)
      'f' -> word s i "false" (JBool False)
      'n' -> word s i "null" JNull
      'I' -> word s i "Infinity" (JFloat (1 / 0))
      'N' -> word s i "NaN" (JFloat (0 / 0))
      c
        | isDigit c -> number s i
        | otherwise -> bad i "unexpected character"

number :: ByteString -> Int -> Step Value
number s i = case parseNumber s i of
  Number j v -> Ok j v
  NoNumber j reason -> bad j reason

-- A fixed word and its value.
word :: ByteString -> Int -> ByteString -> Value -> Step Value
word s i text v
  | B.isPrefixOf text (BU.unsafeDrop i s) = Ok (i + B.length text) v
  | otherwise = bad i "unexpected character"

-- The array whose first item, or end, is at an offset.
array :: ByteString -> Int -> Int -> Step Value
array s !depth !start
  | at s start == ']' = Ok (start + 1) (JArray [])
  | otherwise = go [] start
  where
    go acc !i = case value s depth i of
      Bad e -> Bad e
      Ok j v -> case at s k of
        ',' -> go (v : acc) (skip s (k + 1))
        ']' -> Ok (k + 1) (JArray (reverse (v : acc)))
        _ -> bad k "expected , or ]"
        where
          k = skip s j

-- The object whose first key, or end, is at an offset.
object :: ByteString -> Int -> Int -> Step Value
object s !depth !start
  | at s start == '}' = Ok (start + 1) (JObject [])
  | otherwise = go [] start
  where
    go acc !i
      | at s i /= '"' = bad i "expected a key"
      | otherwise = case parseString s (i + 1) of
          Whole j key -> keyed acc key (skip s j)
          Lone j key -> keyed acc key (skip s j)
          NoString j reason -> bad j reason
    keyed acc key !i
      | at s i /= ':' = bad i "expected :"
      | otherwise = case value s depth (skip s (i + 1)) of
          Bad e -> Bad e
          Ok j v -> next (Member key v : acc) (skip s j)
    next acc !i = case at s i of
      ',' -> go acc (skip s (i + 1))
      '}' -> Ok (i + 1) (JObject acc)
      _ -> bad i "expected , or }"

bad :: Int -> ByteString -> Step a
bad i reason = Bad (NotJson i reason)

-- The offset of the first byte that is no white space.
skip :: ByteString -> Int -> Int
skip s !i
  | i < B.length s && isSpace (unsafeAt s i) = skip s (i + 1)
  | otherwise = i
  where
    isSpace c = c == ' ' || c == '\n' || c == '\r' || c == '\t'
