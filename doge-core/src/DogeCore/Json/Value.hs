-- | Parsed JSON values. Whatever the contract distinguishes is kept apart.
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
  | -- | A number without fraction and exponent that does not fit 64 bits.
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

-- | The value of a key; the last one if the key is repeated.
member :: ByteString -> [Member] -> Maybe Value
member key = go
  where
    go = \case
      [] -> Nothing
      Member k v : rest
        | sameKey k key -> Just v
        | otherwise -> go rest
{-# INLINE member #-}

-- | Equality of two keys. Most keys that differ do so in their length or in
-- their first or last byte, which is compared without a call.
sameKey :: ByteString -> ByteString -> Bool
sameKey a b
  | size /= B.length b = False
  | size == 0 = True
  | BU.unsafeIndex a 0 /= BU.unsafeIndex b 0 = False
  | BU.unsafeIndex a (size - 1) /= BU.unsafeIndex b (size - 1) = False
  | otherwise = a == b
  where
    size = B.length a

-- | The type of a value, in the words of the error sentences.
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
