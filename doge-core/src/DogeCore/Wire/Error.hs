-- | The errors that the wire answers. Reference: @error_object@ of
-- @reducer/wire.py@.
module DogeCore.Wire.Error
  ( ErrorKind (..),
    WireError (..),
    wireError,
    Answer,
    fromDecode,
    fromTooLarge,
    requestError,
    encodeError,
    encodeErrorFields,
  )
where

import Data.ByteString (ByteString)
import qualified Data.ByteString as B
import Data.Text.Encoding (encodeUtf8)
import DogeCore.Domain (TooLarge (..))
import DogeCore.Json.Encode (asciiText, int, raw, utf8Text)
import DogeCore.Json.Schema (DecodeError (..))
import DogeCore.Put (Put, char8)

-- | The exception that the reference would raise, or an error of this program.
data ErrorKind = ValueError | TypeError | OverflowError | RequestError | InternalError
  deriving (Eq, Show)

-- | An error: its kind and its sentence, and which of several events failed.
data WireError = WireError
  { weKind :: !ErrorKind,
    weSentence :: !ByteString,
    weIndex :: !(Maybe Int)
  }
  deriving (Eq, Show)

-- | An error that is of no event among several.
wireError :: ErrorKind -> ByteString -> WireError
wireError kind sentence = WireError kind sentence Nothing

-- | The result of a request.
type Answer = Either WireError

-- | A value that could not be read is a @ValueError@, a lost session a
-- @RequestError@.
fromDecode :: Either DecodeError a -> Answer a
fromDecode = either (\e -> Left (wireError (kindOf e) (decodeSentence e))) Right
  where
    kindOf e = if decodeLost e then RequestError else ValueError

-- | A result that outgrew its types is an @OverflowError@.
fromTooLarge :: Either TooLarge a -> Answer a
fromTooLarge = either (Left . wireError OverflowError . sentence) Right
  where
    sentence (TooLarge path) = B.concat ["result.", encodeUtf8 path, ": is too large"]

-- | The error that the request itself is broken.
requestError :: ByteString -> Answer a
requestError = Left . wireError RequestError

-- | The error object.
encodeError :: WireError -> Put
encodeError e = char8 '{' <> encodeErrorFields e <> char8 '}'

-- | The error object without its braces.
encodeErrorFields :: WireError -> Put
encodeErrorFields (WireError kind sentence index) =
  raw "\"error\":" <> utf8Text sentence <> raw ",\"kind\":" <> asciiText name <> maybe mempty (\i -> raw ",\"index\":" <> int i) index
  where
    name = case kind of
      ValueError -> "ValueError"
      TypeError -> "TypeError"
      OverflowError -> "OverflowError"
      RequestError -> "RequestError"
      InternalError -> "InternalError"
