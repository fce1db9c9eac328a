{-# LANGUAGE GADTs #-}

-- | Writing, packing and comparing values according to their kinds.
module DogeCore.Json.Write
  ( encodeKind,
    encodeObject,
    encodeMembers,
    encodeRow,
    packFields,
    packKind,
    sameKind,
    sameRecord,
  )
where

import qualified Data.ByteString as B
import Data.Text (Text)
import qualified Data.Text as T
import Data.Text.Encoding (encodeUtf8)
import DogeCore.History (historyCycles)
import qualified DogeCore.Json.Encode as E
import DogeCore.Json.Kind (Field (..), Kind (..), Schema (..), fieldsOf)
import DogeCore.Put (Put, bytes, char8, word64)
import DogeCore.Types.Literals (Literal (..))
import GHC.Float (castDoubleToWord64)

-- | Write a value of a kind.
encodeKind :: Kind a -> a -> Put
encodeKind kind x = case kind of
  KFloat -> E.double x
  KFinite -> E.double x
  KCooldown -> E.double x
  KInt -> E.int x
  KBool -> E.bool x
  KText -> E.text x
  KLiteral -> E.asciiText (literalText x)
  KLenient _ _ -> E.asciiText (literalText x)
  KMaybe inner -> maybe (E.raw "null") (encodeKind inner) x
  KList schema -> char8 '[' <> E.commas (encodeObject schema) x <> char8 ']'
  KHistory schema -> E.list (map (encodeObject schema) (historyCycles x))

-- | Write an object, fields in contract order.
encodeObject :: Schema r -> r -> Put
encodeObject schema r = char8 '{' <> encodeMembers (fieldsOf schema) r <> char8 '}'

-- | Write some fields of an object, without its braces.
encodeMembers :: [Field r] -> r -> Put
encodeMembers fields r =
  E.commas (\f -> bytes (fieldKey f) <> fieldJson f r) fields

-- | Write the values of the fields, in contract order, without brackets.
encodeRow :: Schema r -> r -> Put
encodeRow schema r =
  E.commas (`fieldJson` r) (fieldsOf schema)

-- | The digest's packing of all scalar fields.
packFields :: [Field r] -> r -> Put
packFields fields r = foldr (\f rest -> fieldPack f r <> rest) mempty fields

-- | The digest's packing of one value; a list has none of its own.
packKind :: Kind a -> a -> Put
packKind kind x = case kind of
  KFloat -> packDouble x
  KFinite -> packDouble x
  KCooldown -> packDouble x
  KInt -> word64 (fromIntegral x)
  KBool -> word64 (if x then 1 else 0)
  KText -> packText x
  KLiteral -> packIndex x
  KLenient _ _ -> packIndex x
  KMaybe inner -> packMaybe inner x
  KList _ -> mempty
  KHistory _ -> mempty
  where
    packIndex y = word64 (fromIntegral (fromEnum y))

packDouble :: Double -> Put
packDouble = word64 . castDoubleToWord64

packText :: Text -> Put
packText t
  | T.null t = word64 0
  | otherwise = let s = encodeUtf8 t in word64 (fromIntegral (B.length s)) <> bytes s

-- A literal's null takes index 0, so its members move up by one.
packMaybe :: Kind a -> Maybe a -> Put
packMaybe inner x = case inner of
  KLiteral -> word64 (maybe 0 ((+ 1) . fromIntegral . fromEnum) x)
  KLenient _ _ -> word64 (maybe 0 ((+ 1) . fromIntegral . fromEnum) x)
  KFloat -> optional
  KFinite -> optional
  KCooldown -> optional
  KInt -> optional
  KBool -> optional
  KText -> optional
  KMaybe _ -> optional
  KList _ -> optional
  KHistory _ -> optional
  where
    optional = maybe (word64 0 <> word64 0) (\y -> word64 1 <> packKind inner y) x

-- | Equality of two values in every bit: 0.0 and -0.0 differ.
sameKind :: Kind a -> a -> a -> Bool
sameKind kind x y = case kind of
  KFloat -> sameBits x y
  KFinite -> sameBits x y
  KCooldown -> sameBits x y
  KInt -> x == y
  KBool -> x == y
  KText -> x == y
  KLiteral -> x == y
  KLenient _ _ -> x == y
  KMaybe inner -> case (x, y) of
    (Nothing, Nothing) -> True
    (Just a, Just b) -> sameKind inner a b
    (Nothing, Just _) -> False
    (Just _, Nothing) -> False
  KList schema -> length x == length y && and (zipWith (sameRecord schema) x y)
  KHistory _ -> x == y

sameBits :: Double -> Double -> Bool
sameBits x y = castDoubleToWord64 x == castDoubleToWord64 y

-- | Equality of two records in every bit.
sameRecord :: Schema r -> r -> r -> Bool
sameRecord schema x y = all (\f -> fieldSame f x y) (fieldsOf schema)
