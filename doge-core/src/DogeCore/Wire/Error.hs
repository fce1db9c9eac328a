-- | What the wire answers when something is wrong: data until it is written.
module DogeCore.Wire.Error
  ( ErrorKind (..),
    WireError (..),
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
import DogeCore.Json.Encode (asciiText, raw, utf8Text)
import DogeCore.Json.Schema (DecodeError (..))
import DogeCore.Overflow (TooLarge (..))
import DogeCore.Put (Put, word8)

-- | As what the reference would raise it, or whose fault it is.
data ErrorKind = ValueError | TypeError | OverflowError | RequestError | InternalError
  deriving (Eq, Show)

-- | A kind and a sentence.
data WireError = WireError
  { weKind :: !ErrorKind,
    weSentence :: !ByteString
  }
  deriving (Eq, Show)

-- | What a request comes to.
type Answer = Either WireError

-- | A value that could not be read is a @ValueError@.
fromDecode :: Either DecodeError a -> Answer a
fromDecode = either (Left . WireError ValueError . decodeSentence) Right

-- | A result that outgrew its types is an @OverflowError@.
fromTooLarge :: Either TooLarge a -> Answer a
fromTooLarge = either (Left . WireError OverflowError . sentence) Right
  where
    sentence (TooLarge path) = B.concat ["result.", encodeUtf8 path, ": is too large"]

-- | The request itself is broken.
requestError :: ByteString -> Answer a
requestError = Left . WireError RequestError

-- | The error object.
encodeError :: WireError -> Put
encodeError e = word8 123 <> encodeErrorFields e <> word8 125

-- | The error object without its braces.
encodeErrorFields :: WireError -> Put
encodeErrorFields (WireError kind sentence) =
  raw "\"error\":" <> utf8Text sentence <> raw ",\"kind\":" <> asciiText name
  where
    name = case kind of
      ValueError -> "ValueError"
      TypeError -> "TypeError"
      OverflowError -> "OverflowError"
      RequestError -> "RequestError"
      InternalError -> "InternalError"
