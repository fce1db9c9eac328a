-- | The phase of a state, and the checks that it is sound.
-- Reference: @reducer/invariants.py@.
module DogeCore.Invariants
  ( derivePhase,
    firstOf,
    distance,
    clearS2UnlessS2,
    checkInvariants,
    phaseViolation,
  )
where

import qualified Data.IntSet as IntSet
import Data.List (find)
import Data.Maybe (isJust, maybeToList)
import Data.Text (Text)
import DogeCore.Types
  ( OrderState (..),
    PairState (..),
    Phase (..),
    Role (..),
    Side (..),
  )

-- | The phase, which depends on the exits alone. Reference: @derive_phase@.
derivePhase :: PairState -> Phase
derivePhase st = go False False (psOrders st)
  where
    go !buyExit !sellExit = \case
      [] -> phaseOf buyExit sellExit
      o : rest -> case (osRole o, osSide o) of
        (Exit, Buy) -> go True sellExit rest
        (Exit, Sell) -> go buyExit True rest
        (Entry, Buy) -> go buyExit sellExit rest
        (Entry, Sell) -> go buyExit sellExit rest
    phaseOf True True = S2
    phaseOf True False = S1a
    phaseOf False True = S1b
    phaseOf False False = S0

-- | The first order of this side and role. Reference: @first_of@.
firstOf :: PairState -> Side -> Role -> Maybe OrderState
firstOf st side role = find (\o -> osSide o == side && osRole o == role) (psOrders st)

-- | The distance of a price from the market, as a fraction of the market; 0.0
-- without a market. Reference: @distance@.
distance :: Double -> Double -> Double
distance price market
  | market <= 0 = 0.0
  | otherwise = abs (price - market) / market

-- | Forget the time at which S2 began, unless the state is still in it.
-- Reference: @clear_s2_unless_s2@.
clearS2UnlessS2 :: PairState -> PairState
clearS2UnlessS2 st = case derivePhase st of
  S2 -> st
  S0 -> cleared
  S1a -> cleared
  S1b -> cleared
  where
    cleared = case psS2EnteredAt st of
      Nothing -> st
      Just _ -> st {psS2EnteredAt = Nothing}

-- | The violations of the state, in a fixed order; none if it is sound.
-- Reference: @check_invariants@.
checkInvariants :: PairState -> [Text]
checkInvariants st =
  ["duplicate order local_id" | hasDuplicates (map osLocalId (psOrders st))]
    ++ maybeToList (phaseViolation st phase)
    ++ ["s2_entered_at must be null outside S2" | isJust (psS2EnteredAt st) && phase /= S2]
    ++ concatMap orderViolations (psOrders st)
    ++ ["cycle counters must be >= 1" | psCycleA st < 1 || psCycleB st < 1]
  where
    phase = derivePhase st

orderViolations :: OrderState -> [Text]
orderViolations o =
  ["order cycle must be >= 1" | osCycle o < 1]
    ++ ["exit must carry entry_price" | osRole o == Exit && osEntryPrice o <= 0]
    ++ ["order volume must be > 0" | osVolume o <= 0]

hasDuplicates :: [Int] -> Bool
hasDuplicates = \case
  [] -> False
  [_] -> False
  [a, b] -> a == b
  ids -> IntSet.size (IntSet.fromList ids) /= length ids

-- The number of orders: buy entries, sell entries, buy exits, sell exits.
data Book = Book !Int !Int !Int !Int
  deriving (Eq)

countBook :: [OrderState] -> Book
countBook = go (Book 0 0 0 0)
  where
    go !book [] = book
    go (Book be se bx sx) (o : rest) = case (osSide o, osRole o) of
      (Buy, Entry) -> go (Book (be + 1) se bx sx) rest
      (Sell, Entry) -> go (Book be (se + 1) bx sx) rest
      (Buy, Exit) -> go (Book be se (bx + 1) sx) rest
      (Sell, Exit) -> go (Book be se bx (sx + 1)) rest

-- | The complaint if the book has other orders than its phase allows; only
-- sides and roles count. Reference: @phase_violations@.
phaseViolation :: PairState -> Phase -> Maybe Text
phaseViolation st = \case
  S0
    | psLongOnly st -> Book 1 0 0 0 `orElseSay` "S0 long_only must be exactly one buy entry"
    | psShortOnly st -> Book 0 1 0 0 `orElseSay` "S0 short_only must be exactly one sell entry"
    | otherwise -> Book 1 1 0 0 `orElseSay` "S0 must be exactly A sell entry + B buy entry"
  S1a
    | psShortOnly st -> say (buyExits == 1) "S1a short_only must have one buy exit"
    | otherwise -> Book 1 0 1 0 `orElseSay` "S1a must be one buy exit + one buy entry"
  S1b
    | psLongOnly st -> say (sellExits == 1) "S1b long_only must have one sell exit"
    | otherwise -> Book 0 1 0 1 `orElseSay` "S1b must be one sell exit + one sell entry"
  S2 -> Book 0 0 1 1 `orElseSay` "S2 must be one buy exit + one sell exit only"
  where
    book@(Book _ _ buyExits sellExits) = countBook (psOrders st)
    orElseSay expected = say (book == expected)
    say sound text = if sound then Nothing else Just text
