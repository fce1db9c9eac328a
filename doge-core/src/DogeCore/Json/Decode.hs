{-# LANGUAGE GADTs #-}

-- | Reading values according to their kinds. Reference: @read_value@ of
-- @reducer/snapshot.py@ and the checks of @reducer/domain.py@, with the same
-- sentences.
module DogeCore.Json.Decode
  ( decodeKind,
    decodeFields,
    decodeStrict,
    patchKind,
    patchFields,
  )
where

import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import Data.List (find)
import qualified Data.List as List
import Data.Maybe (fromMaybe)
import Data.Text (Text)
import qualified Data.Text as T
import Data.Text.Encoding (decodeUtf8, encodeUtf8)
import DogeCore.History (appendCycle, historyFromList)
import qualified DogeCore.Json.Encode as E
import DogeCore.Json.Kind (Field (..), Kind (..), Patch (..), Record (..), Schema (..), fieldsOf)
import DogeCore.Json.Path (Decoded, Path (..), failAt, sessionLost, wrongType)
import DogeCore.Json.Value (Member (..), Value (..), member, sameKey)
import DogeCore.PythonFloat (doubleOfInteger, isFinite)
import DogeCore.Types.Literals (Literal (..), literals)

-- | Read a value of a kind. Reference: @read_value@ and @check_value@.
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
            E.dumpedText (T.take shownCharacters (decodeUtf8 s))
          ]

-- The most characters of an unknown text that an error quotes.
shownCharacters :: Int
shownCharacters = 40

literalOf :: Literal a => ByteString -> Maybe a
literalOf s = find ((== s) . literalText) literals

-- | Read a value that a patch gives, of which a list may refer to the one that
-- is held. Reference: @read_patch@.
patchKind :: Kind a -> a -> Path -> Value -> Decoded a
patchKind kind held path v = case kind of
  KList schema -> decodeItems (itemOf schema held) path v
  KHistory schema -> List.foldl' (flip appendCycle) held <$> decodeList schema path v
  _ -> decodeKind kind path v

-- An item, the index of one that is held, or that index and the fields in which
-- the item differs. Reference: @_read_item@.
itemOf :: Schema a -> [a] -> Path -> Value -> Decoded a
itemOf schema held path = \case
  JInt i -> itemAt i
  JBig _ -> Left sessionLost
  JArray [JInt i, fields] -> itemAt i >>= \item -> patchFields schema item path fields
  JArray [JBig _, _] -> Left sessionLost
  other -> decodeFields schema path other
  where
    itemAt i
      | i >= 0, item : _ <- drop i held = Right item
      | otherwise = Left sessionLost

decodeList :: Schema a -> Path -> Value -> Decoded [a]
decodeList = decodeItems . decodeFields

decodeItems :: (Path -> Value -> Decoded a) -> Path -> Value -> Decoded [a]
decodeItems decode path v = case v of
  JArray items -> go 0 items
  other -> wrongType path "a list" other
  where
    go !i = \case
      [] -> Right []
      item : rest -> do
        !x <- decode (At path i) item
        xs <- go (i + 1) rest
        Right (x : xs)

-- | Read an object; unknown keys are ignored. Reference: @read_object@.
decodeFields :: Schema r -> Path -> Value -> Decoded r
decodeFields schema path v = case v of
  JObject members -> recordDecode (schemaRecord schema) path members
  other -> wrongType path "an object" other

-- | Read an object whose fields replace those of one that is held. Reference:
-- @read_patch@.
patchFields :: Schema r -> r -> Path -> Value -> Decoded r
patchFields schema held path v = case v of
  JObject members -> given (recordPatches (schemaRecord schema)) members held
  other -> wrongType path "an object" other
  where
    given [] _ record = Right record
    given _ [] record = Right record
    given (Patch name put : others) ms record = case member name ms of
      Nothing -> given others ms record
      Just value -> put record (Dot path name) value >>= given others (filter (\(Member key _) -> not (sameKey key name)) ms)

-- | Read an object that may have these further keys, but no unknown ones.
-- Reference: @read_strict@.
decodeStrict :: [ByteString] -> Schema r -> Path -> [Member] -> Decoded r
decodeStrict extra schema path members = do
  record <- recordDecode (schemaRecord schema) path members
  if inOrder (reverse members) fields
    then Right record
    else case find unknown (reverse members) of
      Nothing -> Right record
      Just (Member key _) -> failAt (Dot path key) "is not a field"
  where
    -- The usual case is known keys, each once, in contract order.
    inOrder [] _ = True
    inOrder (Member _ _ : _) [] = False
    inOrder ms@(Member key _ : rest) (f : further)
      | sameKey key (fieldName f) = inOrder rest further
      | otherwise = inOrder ms further
    unknown (Member key _) = all ((/= key) . fieldName) fields && key `notElem` extra
    fields = fieldsOf schema
