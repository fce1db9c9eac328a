{-# LANGUAGE GADTs #-}

-- | Records described once: from one description come the decoder, the
-- encoder, the packing of the digest, the comparison by bits and the port's
-- own view of the contract.
module DogeCore.Json.Schema
  ( -- * Descriptions
    Kind (..),
    Field (..),
    Record (..),
    Schema (..),
    field,
    fieldOr,
    fieldFrom,

    -- * Decoding
    Decoded,
    Path (..),
    renderPath,
    DecodeError (..),
    decodeKind,
    decodeFields,
    decodeStrict,
    wrongType,
    failAt,

    -- * Encoding
    encodeKind,
    encodeObject,
    encodeMembers,
    encodeRow,
    packFields,
    packKind,
    sameRecord,
  )
where

import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import qualified Data.ByteString.Char8 as BC
import Data.List (find)
import Data.Maybe (fromMaybe)
import Data.Proxy (Proxy (..))
import Data.Text (Text)
import qualified Data.Text as T
import Data.Text.Encoding (decodeUtf8, encodeUtf8)
import DogeCore.History (History, historyCycles, historyFromList)
import qualified DogeCore.Json.Encode as E
import DogeCore.Json.Value (Member (..), Value (..), jsonType, member)
import DogeCore.Put (Put, bytes, word64, word8)
import DogeCore.Round (doubleOfInteger, isFinite)
import DogeCore.Types.Literals (Literal (..), literals)
import DogeCore.Types.Orders (CycleRecord)
import GHC.Float (castDoubleToWord64)

-- | What a field may hold; the names are the contract's.
data Kind a where
  KFloat :: Kind Double
  KFinite :: Kind Double
  KCooldown :: Kind Double
  KInt :: Kind Int
  KBool :: Kind Bool
  KText :: Kind Text
  KLiteral :: Literal a => Kind a
  -- | A literal read leniently: stripped, lower-cased, else this member.
  KLenient :: Literal a => (Text -> Text) -> a -> Kind a
  KMaybe :: Kind a -> Kind (Maybe a)
  KList :: Schema a -> Kind [a]
  KHistory :: Schema CycleRecord -> Kind History

-- | One field of a record, with its type hidden.
data Field r = Field
  { fieldName :: !ByteString,
    -- | The key of a JSON object, with its colon.
    fieldKey :: !ByteString,
    fieldKind :: !ByteString,
    -- | The default as JSON.
    fieldDefault :: !(Maybe Put),
    fieldJson :: r -> Put,
    fieldPack :: r -> Put,
    fieldSame :: r -> r -> Bool,
    fieldIsList :: !Bool
  }

-- | Fields of @r@ on the way to a value of @a@.
data Record r a = Record
  { recordFields :: [Field r],
    recordDecode :: Path -> [Member] -> Decoded a
  }

instance Functor (Record r) where
  fmap f (Record fs d) = Record fs (\path ms -> f <$> d path ms)

instance Applicative (Record r) where
  pure x = Record [] (\_ _ -> Right x)
  Record fs d <*> Record gs e = Record (fs ++ gs) $ \path ms -> case d path ms of
    Left err -> Left err
    Right f -> case e path ms of
      Left err -> Left err
      Right !x -> Right (f x)

-- | A record with its name in the contract.
data Schema r = Schema
  { schemaName :: !ByteString,
    schemaRecord :: Record r r
  }

-- | Where a value stands; rendered only for an error.
data Path
  = Root !ByteString
  | Dot Path !ByteString
  | At Path !Int

-- | The path as the error sentences write it.
renderPath :: Path -> ByteString
renderPath = \case
  Root name -> name
  Dot path name -> B.concat [renderPath path, ".", name]
  At path i -> B.concat [renderPath path, "[", BC.pack (show i), "]"]

-- | A sentence: the path and what is wrong there.
newtype DecodeError = DecodeError {decodeSentence :: ByteString}
  deriving (Eq, Show)

-- | A value or the first thing that is wrong.
type Decoded = Either DecodeError

-- | Something is wrong at a path.
failAt :: Path -> ByteString -> Decoded a
failAt path what = Left (DecodeError (B.concat [renderPath path, ": ", what]))

-- | A value of the wrong type.
wrongType :: Path -> ByteString -> Value -> Decoded a
wrongType path expected v = failAt path (B.concat ["expected ", expected, ", got ", jsonType v])

-- | A field that must be there.
field :: ByteString -> Kind a -> (r -> a) -> Record r a
field name kind get = Record [described name kind Nothing get] $ \path ms ->
  case member name ms of
    Just v -> decodeKind kind (Dot path name) v
    Nothing -> failAt (Dot path name) "is missing"

-- | A field with a default.
fieldOr :: ByteString -> Kind a -> a -> (r -> a) -> Record r a
fieldOr name kind def = fieldFrom name [] kind (Just def) def

-- | A field that older snapshots have under other names; the contract's
-- default and the one for a missing key.
fieldFrom :: ByteString -> [ByteString] -> Kind a -> Maybe a -> a -> (r -> a) -> Record r a
fieldFrom name older kind shown def get = Record [described name kind shown get] (go (name : older))
  where
    go names path ms = case names of
      [] -> Right def
      key : rest -> case member key ms of
        Just v -> decodeKind kind (Dot path key) v
        Nothing -> go rest path ms

described :: ByteString -> Kind a -> Maybe a -> (r -> a) -> Field r
described name kind shown get =
  Field
    { fieldName = name,
      fieldKey = B.concat ["\"", name, "\":"],
      fieldKind = kindName kind,
      fieldDefault = encodeKind kind <$> shown,
      fieldJson = encodeKind kind . get,
      fieldPack = packKind kind . get,
      fieldSame = \a b -> sameKind kind (get a) (get b),
      fieldIsList = isList kind
    }

isList :: Kind a -> Bool
isList = \case
  KList _ -> True
  KHistory _ -> True
  KFloat -> False
  KFinite -> False
  KCooldown -> False
  KInt -> False
  KBool -> False
  KText -> False
  KLiteral -> False
  KLenient _ _ -> False
  KMaybe _ -> False

kindName :: Kind a -> ByteString
kindName = \case
  KFloat -> "float"
  KFinite -> "finite"
  KCooldown -> "cooldown"
  KInt -> "int"
  KBool -> "bool"
  KText -> "text"
  kind@KLiteral -> literalName (proxyOf kind)
  kind@(KLenient _ _) -> literalName (proxyOf kind)
  KMaybe kind -> B.append (kindName kind) "?"
  KList schema -> B.concat ["[", schemaName schema, "]"]
  KHistory schema -> B.concat ["[", schemaName schema, "]"]

proxyOf :: Kind a -> Proxy a
proxyOf _ = Proxy

-- | Read a value as its kind wants it.
decodeKind :: Kind a -> Path -> Value -> Decoded a
decodeKind kind path v = case kind of
  KFloat -> decodeDouble (not . isNaN) "must not be NaN" path v
  KFinite -> decodeDouble isFinite "must be finite, got " path v
  KCooldown -> decodeDouble (\x -> isFinite x || x > 0) "must be finite or Infinity, got " path v
  KInt -> decodeInt path v
  KBool -> case v of
    JBool b -> Right b
    other -> wrongType path "true or false" other
  KText -> decodeText path v
  KLiteral -> decodeLiteral path v
  KLenient normal def -> case v of
    JString s -> Right (fromMaybe def (literalOf (encodeUtf8 (normal (decodeUtf8 s)))))
    JBroken _ -> Right def
    other -> wrongType path "a string" other
  KMaybe inner -> case v of
    JNull -> Right Nothing
    other -> Just <$> decodeKind inner path other
  KList schema -> decodeList schema path v
  KHistory schema -> historyFromList <$> decodeList schema path v

decodeDouble :: (Double -> Bool) -> ByteString -> Path -> Value -> Decoded Double
decodeDouble accept complaint path v = case v of
  JFloat x -> judged x
  JInt n -> Right (fromIntegral n)
  JBig n -> judged (doubleOfInteger n)
  JString "Infinity" -> judged (1 / 0)
  JString "-Infinity" -> judged (-1 / 0)
  JString "NaN" -> judged (0 / 0)
  other -> wrongType path "a number" other
  where
    judged x
      | accept x = Right x
      | complaint == "must not be NaN" = failAt path complaint
      | isNaN x = failAt path (B.append complaint "NaN")
      | x > 0 = failAt path (B.append complaint "Infinity")
      | otherwise = failAt path (B.append complaint "-Infinity")

decodeInt :: Path -> Value -> Decoded Int
decodeInt path v = case v of
  JInt n -> Right n
  JBig _ -> failAt path "must fit in 64 bits"
  other -> wrongType path "an integer" other

decodeText :: Path -> Value -> Decoded Text
decodeText path v = case v of
  JString s -> let !t = decodeUtf8 s in Right t
  JBroken _ -> failAt path "must be valid Unicode"
  other -> wrongType path "a string" other

decodeLiteral :: Literal a => Path -> Value -> Decoded a
decodeLiteral path v = go literals
  where
    go known = case v of
      JString s -> maybe (unknown known s) Right (find ((== s) . literalText) known)
      JBroken _ -> failAt path "must be valid Unicode"
      other -> wrongType path "a string" other
    unknown known s =
      failAt path $
        B.concat
          [ "must be one of ",
            B.intercalate ", " (map literalText known),
            "; got ",
            E.dumpedText (T.take 40 (decodeUtf8 s))
          ]

literalOf :: Literal a => ByteString -> Maybe a
literalOf s = find ((== s) . literalText) literals

decodeList :: Schema a -> Path -> Value -> Decoded [a]
decodeList schema path v = case v of
  JArray items -> go 0 items
  other -> wrongType path "a list" other
  where
    go !i = \case
      [] -> Right []
      item : rest -> do
        !x <- decodeFields schema (At path i) item
        xs <- go (i + 1) rest
        Right (x : xs)

-- | Read an object; unknown keys are ignored.
decodeFields :: Schema r -> Path -> Value -> Decoded r
decodeFields schema path v = case v of
  JObject members -> recordDecode (schemaRecord schema) path members
  other -> wrongType path "an object" other

-- | Read an object that may have these further keys, but no unknown ones.
decodeStrict :: [ByteString] -> Schema r -> Path -> [Member] -> Decoded r
decodeStrict extra schema path members = do
  record <- recordDecode (schemaRecord schema) path members
  case find unknown (reverse members) of
    Nothing -> Right record
    Just (Member key _) -> failAt (Dot path key) "is not a field"
  where
    unknown (Member key _) = all ((/= key) . fieldName) fields && key `notElem` extra
    fields = recordFields (schemaRecord schema)

-- | Write a value.
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
  KList schema -> word8 91 <> E.commas (encodeObject schema) x <> word8 93
  KHistory schema -> E.list (map (encodeObject schema) (historyCycles x))

-- | Write an object, fields in contract order.
encodeObject :: Schema r -> r -> Put
encodeObject schema r = word8 123 <> encodeMembers (recordFields (schemaRecord schema)) r <> word8 125

-- | Write some fields of an object, without its braces.
encodeMembers :: [Field r] -> r -> Put
encodeMembers fields r =
  E.commas (\f -> bytes (fieldKey f) <> fieldJson f r) fields

-- | Write the values alone, in contract order, without brackets.
encodeRow :: Schema r -> r -> Put
encodeRow schema r =
  E.commas (\f -> fieldJson f r) (recordFields (schemaRecord schema))

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

-- | Whether two records agree in every bit.
sameRecord :: Schema r -> r -> r -> Bool
sameRecord schema x y = all (\f -> fieldSame f x y) (recordFields (schemaRecord schema))
