{-# LANGUAGE GADTs #-}

-- | The kinds of fields, and the records that fields make.
module DogeCore.Json.Kind
  ( Kind (..),
    kindName,
    isList,
    Field (..),
    Record (..),
    Patch (..),
    Schema (..),
    fieldsOf,
  )
where

import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import Data.Proxy (Proxy (..))
import Data.Text (Text)
import DogeCore.History (History)
import DogeCore.Json.Path (Decoded, Path)
import DogeCore.Json.Value (Member, Value)
import DogeCore.Put (Put)
import DogeCore.Types.Literals (Literal (..))
import DogeCore.Types.Orders (CycleRecord)

-- | The kind of a field: the values that it may hold. The names are the
-- contract's. Reference: @Kind@ of @reducer/domain.py@.
data Kind a where
  KFloat :: Kind Double
  KFinite :: Kind Double
  KCooldown :: Kind Double
  KInt :: Kind Int
  KBool :: Kind Bool
  KText :: Kind Text
  KLiteral :: Literal a => Kind a
  -- | A literal that is read leniently: the text is normalised first, and an
  -- unknown text is read as this member.
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

-- | Some fields of a record @r@, from which a value of type @a@ is decoded.
data Record r a = Record
  { recordFields :: [Field r],
    recordDecode :: Path -> [Member] -> Decoded a,
    -- | Of one field alone: how it is read where a patch gives it.
    recordGiven :: !(Maybe (r -> Path -> Value -> Decoded a)),
    -- | The fields that a patch may give.
    recordPatches :: [Patch r]
  }

-- | A field that a patch may give: its name, and what reads it and puts it into
-- a record. A list may refer to the items that the record has.
data Patch r = Patch !ByteString (r -> Path -> Value -> Decoded r)

instance Functor (Record r) where
  fmap f (Record fs d _ ps) = Record fs (\path ms -> f <$> d path ms) Nothing ps

instance Applicative (Record r) where
  pure x = Record [] (\_ _ -> Right x) Nothing []
  Record fs d _ ps <*> Record gs e _ qs = Record (fs ++ gs) both Nothing (ps ++ qs)
    where
      both path ms = case d path ms of
        Left err -> Left err
        Right f -> case e path ms of
          Left err -> Left err
          Right !x -> let !y = f x in Right y

-- | A record with its name in the contract.
data Schema r = Schema
  { schemaName :: !ByteString,
    schemaRecord :: Record r r
  }

-- | The fields of a record, in contract order.
fieldsOf :: Schema r -> [Field r]
fieldsOf = recordFields . schemaRecord

-- | True of the kinds that hold lists.
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

-- | The contract's name of a kind.
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
