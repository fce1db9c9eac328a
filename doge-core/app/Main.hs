-- | The executable: the reducer behind a pipe.
module Main (main) where

import Control.Exception (catch)
import qualified Data.ByteString.Char8 as BC
import DogeCore.Wire.Lines (answerOnce, serve)
import GHC.IO.Exception (IOException (..))
import System.Environment (getArgs)
import System.Exit (ExitCode (..), exitWith)
import System.IO (hPutStrLn, stderr)

main :: IO ()
main =
  getArgs >>= \case
    [] -> once `catch` failed
    ["--server"] -> serve `catch` failed
    ["--help"] -> putStrLn usage
    _ -> do
      hPutStrLn stderr usage
      exitWith (ExitFailure 2)
  where
    usage = "usage: doge-core-exe [--server], one JSON request a line on standard input (docs/wire.md)"
    once =
      answerOnce >>= \case
        Nothing -> pure ()
        Just sentence -> do
          BC.hPutStrLn stderr sentence
          exitWith (ExitFailure 2)

-- End with a sentence because a pipe failed. Reference: @main@ of @reducer/wire.py@.
failed :: IOException -> IO ()
failed e = do
  hPutStrLn stderr (what ++ " (" ++ ioe_description e ++ ")") `catch` ignored
  exitWith (ExitFailure 1)
  where
    what
      | ioe_location e `elem` ["write", "hPutBuf"] = "standard output cannot be written"
      | otherwise = "standard input cannot be read"

-- Standard error may be gone too.
ignored :: IOException -> IO ()
ignored _ = pure ()
