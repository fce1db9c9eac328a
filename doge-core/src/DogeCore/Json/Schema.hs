-- | Descriptions of records. One description gives the decoder, the encoder,
-- the packing of the digest, the comparison by bits and the port's own view of
-- the contract.
module DogeCore.Json.Schema
  ( module DogeCore.Json.Decode,
    module DogeCore.Json.Kind,
    module DogeCore.Json.Path,
    module DogeCore.Json.Write,
    field,
    fieldOr,
    fieldFrom,
    sets,
  )
where

import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import Data.Foldable (toList)
import DogeCore.Json.Decode (decodeFields, decodeKind, decodeStrict, patchFields, patchKind)
import DogeCore.Json.Kind
  ( Field (..),
    Kind (..),
    Patch (..),
    Record (..),
    Schema (..),
    fieldsOf,
    isList,
    kindName,
  )
import DogeCore.Json.Path
  ( DecodeError (..),
    Decoded,
    Path (..),
    failAt,
    renderPath,
    sessionLost,
    wrongType,
  )
import DogeCore.Json.Value (Member, member)
import DogeCore.Json.Write
  ( encodeKind,
    encodeMembers,
    encodeObject,
    encodeRow,
    packFields,
    packKind,
    sameKind,
    sameRecord,
  )

-- | A field that must be there.
field :: ByteString -> Kind a -> (r -> a) -> Record r a
field name kind get = alone name kind Nothing get decode
  where
    decode path ms = case member name ms of
      Just v -> decodeKind kind (Dot path name) v
      Nothing -> failAt (Dot path name) "is missing"

-- | A field with a default.
fieldOr :: ByteString -> Kind a -> a -> (r -> a) -> Record r a
fieldOr name kind def = fieldFrom name [] kind (Just def) def

-- | A field that older snapshots have under other names, with the default that
-- the contract shows and the one that a missing key takes.
fieldFrom :: ByteString -> [ByteString] -> Kind a -> Maybe a -> a -> (r -> a) -> Record r a
fieldFrom name older kind shown def get = alone name kind shown get (go (name : older))
  where
    go names path ms = case names of
      [] -> Right def
      key : rest -> case member key ms of
        Just v -> decodeKind kind (Dot path key) v
        Nothing -> go rest path ms

-- A record of one field.
alone :: ByteString -> Kind a -> Maybe a -> (r -> a) -> (Path -> [Member] -> Decoded a) -> Record r a
alone name kind shown get decode = Record [described name kind shown get] decode (Just (patchKind kind . get)) []

-- | A field that a patch may give as well, with what puts it into a record.
sets :: Record r a -> (r -> a -> r) -> Record r a
sets (Record fields decode given _) set = Record fields decode given (zipWith patch fields (toList given))
  where
    patch f value = Patch (fieldName f) $ \record path v -> do
      !x <- value record path v
      Right $! set record x

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
