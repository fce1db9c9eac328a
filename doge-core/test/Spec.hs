-- | All of the port's tests. @DOGE_SEQUENCES@ sets how many event sequences
-- each property of 'JourneySpec' draws.
module Main (main) where

import qualified FastPathSpec
import qualified HandlerSpec
import qualified JourneySpec
import qualified JsonSpec
import qualified PythonFloatSpec
import System.Environment (lookupEnv)
import Test.Hspec (hspec)
import qualified WireSpec

main :: IO ()
main = do
  sequences <- maybe 1000 read <$> lookupEnv "DOGE_SEQUENCES"
  hspec $ do
    PythonFloatSpec.spec
    JsonSpec.spec
    HandlerSpec.spec
    WireSpec.spec
    FastPathSpec.spec
    JourneySpec.spec sequences
