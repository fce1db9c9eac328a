-- | The tests of patches: each field has one, which changes that field alone.
module PatchSpec (spec) where

import qualified Data.ByteString as B
import DogeCore.Contract (orderState, pairState, recoveryOrder)
import DogeCore.Json.Parse (parseDocument)
import DogeCore.Json.Schema
  ( DecodeError,
    Field (..),
    Patch (..),
    Path (..),
    Record (..),
    Schema (..),
    fieldsOf,
  )
import DogeCore.Json.Value (Member (..), Value (..))
import DogeCore.Put (toBytes)
import DogeCore.Snapshot (encodeState, patchState)
import DogeCore.Types (PairState)
import Gen (AnyState (..))
import Test.Hspec (Spec, describe, it, shouldBe)
import Test.Hspec.QuickCheck (prop)
import Test.QuickCheck ((===))

spec :: Spec
spec = describe "patchState" $ do
  it "knows every field of a state, and of the orders that a state holds" $ do
    patchable pairState `shouldBe` map fieldName (fieldsOf pairState)
    patchable orderState `shouldBe` map fieldName (fieldsOf orderState)
    patchable recoveryOrder `shouldBe` map fieldName (fieldsOf recoveryOrder)
  prop "changes the field that a patch gives, and no other" $ \(AnyState held) (AnyState other) ->
    -- Completed cycles are appended, not replaced.
    let given = filter ((/= "completed_cycles") . key) (membersOf other)
     in map (patched held) given === [Right (map (replacedBy member) (membersOf held)) | member <- given]

patchable :: Schema r -> [B.ByteString]
patchable schema = [name | Patch name _ <- recordPatches (schemaRecord schema)]

patched :: PairState -> Member -> Either DecodeError [Member]
patched held member = membersOf <$> patchState held (Root "patch") (JObject [member])

replacedBy :: Member -> Member -> Member
replacedBy new old = if key new == key old then new else old

membersOf :: PairState -> [Member]
membersOf st = case parseDocument (toBytes (encodeState st)) of
  Right (JObject members) -> members
  other -> error (show other)

key :: Member -> B.ByteString
key (Member name _) = name
