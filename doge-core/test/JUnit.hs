-- | A JUnit report beside what hspec prints, for machines to read.
module JUnit (reporting) where

import Control.Monad.IO.Class (liftIO)
import Data.IORef (IORef, modifyIORef', newIORef, readIORef)
import Data.List (intercalate)
import Data.Time.Clock (getCurrentTime)
import Data.Time.Format.ISO8601 (iso8601Show)
import Test.Hspec.Core.Formatters.V2 (FormatM, Formatter, Item, checks, formatterDone, formatterItemDone, formatterToFormat)
import qualified Test.Hspec.Core.Formatters.V2 as Hspec
import Test.Hspec.Core.Runner (Config, configFormat)
import Test.Hspec.Core.Util (Path)

-- | A configuration that writes a report to a file as well. The number of
-- sequences becomes a property of the report.
reporting :: Config -> Int -> FilePath -> IO Config
reporting config sequences file = do
  began <- iso8601Show <$> getCurrentTime
  cases <- newIORef []
  pure config {configFormat = Just (formatterToFormat (noting cases (writeFile file . report began sequences)))}

noting :: IORef [String] -> (String -> IO ()) -> Formatter
noting cases write =
  checks
    { formatterItemDone = \path item -> note cases path item >> formatterItemDone checks path item,
      formatterDone = formatterDone checks >> liftIO (readIORef cases >>= write . concat . reverse)
    }

note :: IORef [String] -> Path -> Item -> FormatM ()
note cases path item = liftIO (modifyIORef' cases (testcase path item :))

testcase :: Path -> Item -> String
testcase (groups, name) item =
  "<testcase classname=" <> quoted (intercalate "." groups) <> " name=" <> quoted name <> ">" <> outcome <> "</testcase>\n"
  where
    outcome = case Hspec.itemResult item of
      Hspec.Success -> ""
      Hspec.Pending {} -> "<skipped/>"
      Hspec.Failure {} -> "<failure/>"

report :: String -> Int -> String -> String
report began sequences cases =
  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites><testsuite name=\"hspec\" tests="
    <> quoted (show (length (lines cases)))
    <> " timestamp="
    <> quoted began
    <> ">\n<properties><property name=\"sequences\" value="
    <> quoted (show sequences)
    <> "/></properties>\n"
    <> cases
    <> "</testsuite></testsuites>\n"

-- | An attribute's value; what is not ASCII becomes a reference, a control
-- character (which XML cannot hold) a question mark.
quoted :: String -> String
quoted text = "\"" <> concatMap escaped text <> "\""
  where
    escaped character
      | character < ' ' = "?"
      | character `elem` ['<', '>', '&', '"'] || character > '~' = "&#" <> show (fromEnum character) <> ";"
      | otherwise = [character]
