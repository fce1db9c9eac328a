-- | The tests of Python's arithmetic, against exact rationals.
module PythonFloatSpec (spec) where

import Data.Ratio ((%))
import DogeCore.PythonFloat
  ( doubleOfInteger,
    isFinite,
    orElse,
    pyMax,
    pyMin,
    pythonRound,
    roundWhole,
  )
import GHC.Float (castDoubleToWord64)
import Gen (AnyDouble (..))
import Test.Hspec (Spec, describe, it, shouldBe)
import Test.Hspec.QuickCheck (modifyMaxSuccess, prop)
import Test.QuickCheck (choose, elements, forAll, frequency, (===), (==>))

spec :: Spec
spec = do
  describe "pythonRound" $ do
    modifyMaxSuccess (* 500) . prop "is the nearest decimal, ties to even, of the exact value" $
      \(AnyDouble x) -> forAll places $ \n -> bits (pythonRound x n) === bits (oracle x n)
    it "rounds what scaling by a power of ten gets wrong" $
      map (uncurry pythonRound) [(2.675, 2), (0.285, 2), (1.005, 2), (5.015, 2), (1.0e22, 2)]
        `shouldBe` [2.67, 0.28, 1.0, 5.01, 1.0e22]
    it "keeps the sign of zero" $
      map (bits . uncurry pythonRound) [(-0.0, 2), (-0.001, 1), (-5, -2), (-5, -400)]
        `shouldBe` replicate 4 (bits (-0.0))
    it "leaves a value alone beyond 323 places" $
      pythonRound 1.5e-320 324 `shouldBe` 1.5e-320
    it "answers an infinity where Python overflows" $
      map (`pythonRound` (-308)) [1.7e308, -1.7e308] `shouldBe` [1 / 0, -1 / 0]
  describe "roundWhole" $ do
    prop "ties to even" $ \k -> roundWhole (fromIntegral (k :: Int) + 0.5) === fromIntegral (if even k then k else k + 1)
    modifyMaxSuccess (* 50) . prop "is the nearest integer to the exact value, without a negative zero" $ \(AnyDouble x) ->
      isFinite x ==> bits (roundWhole x) === bits (fromRational (fromInteger (round (toRational x))))
  describe "doubleOfInteger" . modifyMaxSuccess (* 10) $
    prop "is correctly rounded beyond 64 bits" $ \k ->
      let n = k * 12345678901234567 :: Integer in doubleOfInteger n === fromRational (n % 1)
  describe "pyMax and pyMin" $
    it "answer the first of two zeros, as Python does" $
      map bits [pyMax 0 (-0.0), pyMax (-0.0) 0, pyMin 0 (-0.0), pyMin (-0.0) 0]
        `shouldBe` map bits [0, -0.0, 0, -0.0]
  describe "orElse" $
    it "takes both zeros for absent" $
      [orElse 0 7, orElse (-0.0) 7, orElse 3 7] `shouldBe` [7, 7, 3]
  where
    bits = castDoubleToWord64
    places = frequency [(6, choose (0, 10)), (3, choose (-20, 40)), (2, choose (-330, 330)), (1, elements [minBound, maxBound])]

-- Prelude's 'round' on a 'Rational' is half-even; 'fromRational' is exact.
oracle :: Double -> Int -> Double
oracle x n
  | not (isFinite x) || n > 323 = x
  | n < -308 = 0 * x
  | otherwise = withSign (fromRational (fromInteger (round (toRational x * scale) :: Integer) / scale))
  where
    scale = 10 ^^ n
    withSign y = if y == 0 && (x < 0 || isNegativeZero x) then -0.0 else y
