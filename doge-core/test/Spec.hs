-- | All of the port's tests. @DOGE_SEQUENCES@ sets how many event sequences
-- each property of 'JourneySpec' draws; @DOGE_JUNIT@ names the file of a
-- JUnit report.
module Main (main) where

import qualified FastPathSpec
import qualified HandlerSpec
import qualified JourneySpec
import qualified JsonSpec
import qualified PatchSpec
import qualified PythonFloatSpec
import JUnit (reporting)
import System.Environment (lookupEnv)
import Test.Hspec.Core.Runner (defaultConfig, hspecWith)
import qualified WireSpec

main :: IO ()
main = do
  sequences <- maybe 1000 read <$> lookupEnv "DOGE_SEQUENCES"
  report <- lookupEnv "DOGE_JUNIT"
  config <- maybe (pure defaultConfig) (reporting defaultConfig sequences) report
  hspecWith config $ do
    PythonFloatSpec.spec
    JsonSpec.spec
    PatchSpec.spec
    HandlerSpec.spec
    WireSpec.spec
    FastPathSpec.spec
    JourneySpec.spec sequences
