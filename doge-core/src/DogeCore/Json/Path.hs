-- | Places of values in a request, and errors that name them.
module DogeCore.Json.Path
  ( Path (..),
    renderPath,
    DecodeError (..),
    Decoded,
    failAt,
    sessionLost,
    wrongType,
  )
where

import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import qualified Data.ByteString.Char8 as BC
import DogeCore.Json.Value (Value, jsonType)

-- | The place of a value; rendered only for an error.
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

-- | An error as a sentence: the path, a colon and the complaint. It may be that
-- the session is lost, which is no fault of a value.
data DecodeError = DecodeError
  { decodeLost :: !Bool,
    decodeSentence :: !ByteString
  }
  deriving (Eq, Show)

-- | A value or the first error.
type Decoded = Either DecodeError

-- | An error at a path.
failAt :: Path -> ByteString -> Decoded a
failAt path complaint = Left (DecodeError False (B.concat [renderPath path, ": ", complaint]))

-- | The error that another state is held than the client thinks. Reference:
-- @session_lost@.
sessionLost :: DecodeError
sessionLost = DecodeError True "session: is lost, send the state again"

-- | The error that a value at a path has the wrong type.
wrongType :: Path -> ByteString -> Value -> Decoded a
wrongType path expected v = failAt path (B.concat ["expected ", expected, ", got ", jsonType v])
