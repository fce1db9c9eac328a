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
  )
where

import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import DogeCore.Json.Decode (decodeFields, decodeKind, decodeStrict, patchFields, patchKind)
import DogeCore.Json.Kind
  ( Field (..),
    Kind (..),
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
field name kind get = Record [described name kind Nothing get] decode (patched name kind get)
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
fieldFrom name older kind shown def get =
  Record [described name kind shown get] (go (name : older)) (patched name kind get)
  where
    go names path ms = case names of
      [] -> Right def
      key : rest -> case member key ms of
        Just v -> decodeKind kind (Dot path key) v
        Nothing -> go rest path ms

-- The field that a patch gives, or the one that is there.
patched :: ByteString -> Kind a -> (r -> a) -> r -> Path -> [Member] -> Decoded a
patched name kind get held path ms = case member name ms of
  Just v -> patchKind kind (get held) (Dot path name) v
  Nothing -> Right (get held)

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
