-- | The executable: the reducer behind a pipe.
module Main (main) where

import Control.Exception (IOException, catch)
import qualified Data.ByteString.Char8 as BC
import DogeCore.Wire.Lines (answerOnce, serve)
import System.Environment (getArgs)
import System.Exit (ExitCode (..), exitWith)
import System.IO (hPutStrLn, stderr)

main :: IO ()
main =
  getArgs >>= \case
    [] -> once `catch` gone
    ["--server"] -> serve `catch` gone
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

-- End quietly if the client closed its end of the pipe.
gone :: IOException -> IO ()
gone _ = pure ()
