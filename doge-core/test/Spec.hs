-- | All of the port's tests. @DOGE_SEQUENCES@ sets how many event sequences
-- each property of 'JourneySpec' draws.
module Main (main) where

import qualified HandlerSpec
import qualified JourneySpec
import qualified JsonSpec
import qualified PlainSpec
import qualified RoundSpec
import System.Environment (lookupEnv)
import Test.Hspec
import qualified WireSpec

main :: IO ()
main = do
  sequences <- maybe 1000 read <$> lookupEnv "DOGE_SEQUENCES"
  hspec $ do
    RoundSpec.spec
    JsonSpec.spec
    HandlerSpec.spec
    WireSpec.spec
    PlainSpec.spec
    JourneySpec.spec sequences
