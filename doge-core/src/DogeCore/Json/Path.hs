-- | Where a value stands in a request, and what is wrong there.
module DogeCore.Json.Path
  ( Path (..),
    renderPath,
    DecodeError (..),
    Decoded,
    failAt,
    wrongType,
  )
where

import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import qualified Data.ByteString.Char8 as BC
import DogeCore.Json.Value (Value, jsonType)

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
