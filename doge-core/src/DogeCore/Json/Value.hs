-- | A parsed JSON value, with all that the contract distinguishes.
module DogeCore.Json.Value
  ( Value (..),
    Member (..),
    member,
    sameKey,
    jsonType,
  )
where

import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import qualified Data.ByteString.Unsafe as BU

-- | A JSON value. Integers and floats are told apart by their spelling.
data Value
  = JNull
  | JBool !Bool
  | -- | A number without fraction and exponent that fits 64 bits.
    JInt {-# UNPACK #-} !Int
  | -- | One that does not fit.
    JBig !Integer
  | -- | A number with fraction or exponent, or a bare Infinity or NaN.
    JFloat {-# UNPACK #-} !Double
  | -- | Valid UTF-8.
    JString {-# UNPACK #-} !ByteString
  | -- | A string with a lone surrogate, each written as if it were a character.
    JBroken {-# UNPACK #-} !ByteString
  | JArray ![Value]
  | -- | Last member first.
    JObject ![Member]
  deriving (Eq, Show)

-- | A key and its value.
data Member = Member {-# UNPACK #-} !ByteString !Value
  deriving (Eq, Show)

-- | The value of a key; of a repeated key the last one.
member :: ByteString -> [Member] -> Maybe Value
member key = go
  where
    go = \case
      [] -> Nothing
      Member k v : rest
        | sameKey k key -> Just v
        | otherwise -> go rest
{-# INLINE member #-}

-- | Whether two keys are the same. Most that differ do so in their length or
-- in their first or last byte, which spares them a call.
sameKey :: ByteString -> ByteString -> Bool
sameKey a b
  | size /= B.length b = False
  | size == 0 = True
  | BU.unsafeIndex a 0 /= BU.unsafeIndex b 0 = False
  | BU.unsafeIndex a (size - 1) /= BU.unsafeIndex b (size - 1) = False
  | otherwise = a == b
  where
    size = B.length a

-- | What a value is, in the words of the error sentences.
jsonType :: Value -> ByteString
jsonType = \case
  JNull -> "null"
  JBool _ -> "a boolean"
  JInt _ -> "a number"
  JBig _ -> "a number"
  JFloat _ -> "a number"
  JString _ -> "a string"
  JBroken _ -> "a string"
  JArray _ -> "a list"
  JObject _ -> "an object"
