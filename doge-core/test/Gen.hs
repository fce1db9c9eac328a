-- | The random data of the properties: whole journeys of a pair.
--
-- A journey is drawn as moves, not as events: a move picks its order from the
-- book that the moves before it made. So fills, recoveries, timeouts and
-- refreshes really happen, and any move can be shrunk away.
module Gen
  ( Move (..),
    Journey (..),
    Tame (..),
    Stop (..),
    travel,
    travelWith,
    baseConfig,
    startState,
    AnyDouble (..),
    AnyState (..),
  )
where

import qualified Data.Map.Strict as Map
import Data.Maybe (mapMaybe)
import qualified Data.Text as T
import DogeCore.Bootstrap (bootstrapOrders)
import DogeCore.Domain (TooLarge)
import DogeCore.History (historyFromList)
import DogeCore.Transition (transition)
import DogeCore.Types
  ( Action,
    CycleRecord (..),
    EngineConfig (..),
    Event (..),
    OrderSizes,
    OrderState (..),
    PairState (..),
    RecoveryOrder (..),
    Side (..),
    TradeId (..),
    initialState,
    literals,
  )
import GHC.Float (castWord64ToDouble)
import Test.QuickCheck
  ( Arbitrary (..),
    Gen,
    choose,
    elements,
    frequency,
    getUnicodeString,
    oneof,
    shrinkList,
    suchThat,
    vector,
    vectorOf,
  )

-- | One move. Prices are factors of the market, times are gaps in seconds,
-- orders are picked by their place on the book.
data Move
  = MovePrice Double Double
  | MoveTimer Double
  | MoveFill Int Double Double Double
  | MoveRecoveryFill Int Double Double
  | MoveRecoveryCancel Int Double
  | MoveUnknownFill Int Double
  deriving (Eq, Show)

instance Arbitrary Move where
  arbitrary =
    frequency
      [ (7, MovePrice <$> elements [0.9, 0.985, 0.995, 0.999, 1, 1.001, 1.006, 1.02, 1.1] <*> gap),
        (9, MoveTimer <$> gap),
        (8, MoveFill <$> choose (0, 3) <*> elements [0.97, 0.99, 0.999, 1, 1.002, 1.01, 1.03] <*> elements [13, 20, 41.5] <*> gap),
        (1, MoveRecoveryFill <$> choose (0, 3) <*> elements [0.95, 1, 1.05] <*> gap),
        (1, MoveRecoveryCancel <$> choose (0, 3) <*> gap),
        (1, MoveUnknownFill <$> choose (-5, 100000) <*> gap)
      ]
    where
      gap = elements [0, 1, 60, 700, 1900]
  shrink = \case
    MovePrice f g -> [MovePrice 1 g | f /= 1] ++ [MovePrice f 0 | g /= 0]
    MoveTimer g -> [MoveTimer 0 | g /= 0]
    MoveFill i f v g -> [MoveFill 0 f v g | i /= 0] ++ [MoveFill i 1 v g | f /= 1] ++ [MoveFill i f v 0 | g /= 0]
    MoveRecoveryFill i f g -> [MoveRecoveryFill 0 f g | i /= 0] ++ [MoveRecoveryFill i 1 g | f /= 1]
    MoveRecoveryCancel i g -> [MoveRecoveryCancel 0 g | i /= 0]
    MoveUnknownFill i g -> [MoveUnknownFill i 0 | g /= 0]

-- | A journey under any configuration, cooldowns and all.
data Journey = Journey EngineConfig Double (Maybe OrderSizes) [Move]
  deriving (Show)

instance Arbitrary Journey where
  arbitrary = Journey <$> configs <*> elements [0.5, 2, 5, 10] <*> sizings <*> moves
  shrink (Journey cfg size sizes ms) = Journey cfg size sizes <$> shrinkList shrink ms

sizings :: Gen (Maybe OrderSizes)
sizings = elements (Nothing : map (Just . Map.fromList) [[], [(TradeA, 4)], [(TradeA, 0.5), (TradeB, 8)]])

moves :: Gen [Move]
moves = choose (0, 60) >>= vector

-- | A journey on which nothing may go wrong: sizes always pass, no cooldown
-- can start, fills are well-formed.
newtype Tame = Tame Journey
  deriving (Show)

instance Arbitrary Tame where
  arbitrary = do
    cfg <- configs
    let calm =
          cfg
            { cfgMinVolume = 0,
              cfgMinCostUsd = 0,
              cfgReentryBaseCooldownSec = 0,
              cfgLossCooldownStart = maxBound
            }
    Tame . Journey calm 5 Nothing <$> moves
  shrink (Tame journey) = map Tame (shrink journey)

configs :: Gen EngineConfig
configs = do
  refresh <- elements [0.5, 1, 5]
  slots <- elements [0, 1, 1, 2, 3]
  s1 <- elements [10, 10, 1350, 1 / 0]
  s2 <- elements [10, 1800, 1 / 0]
  base <- elements [0, 0, 30]
  start <- elements [1, 2, 5]
  sticky <- frequency [(9, pure False), (1, pure True)]
  refreshes <- elements [1, 3, 100]
  minimal <- elements [1, 13, 60]
  places <- elements [4, 6, 8]
  pure
    baseConfig
      { cfgRefreshPct = refresh,
        cfgMaxRecoverySlots = slots,
        cfgS1OrphanAfterSec = s1,
        cfgS2OrphanAfterSec = s2,
        cfgReentryBaseCooldownSec = base,
        cfgLossCooldownStart = start,
        cfgStickyModeEnabled = sticky,
        cfgMaxConsecutiveRefreshes = refreshes,
        cfgMinVolume = minimal,
        cfgPriceDecimals = places
      }

-- | The contract's defaults, with a minimum that five dollars pass.
baseConfig :: EngineConfig
baseConfig =
  EngineConfig 0.2 Nothing Nothing 1 1 2 6 0 13 0 0.25 60 1350 1800 3 5 900 0 0.5 5 3 300 2 False

-- | Both entries on the book, as the bootstrap makes them.
startState :: PairState
startState = case bootstrapOrders (initialState 0.1 1000) baseConfig 5 True True of
  Right (st, _, orders) -> st {psOrders = orders}
  Left e -> error (show e)

-- | One step of a journey: before, event, after, actions.
data Stop = Stop PairState Event PairState [Action]
  deriving (Show)

-- | The journey from 'startState'.
travel :: Journey -> [Stop]
travel (Journey cfg size sizes ms) =
  travelWith (\st event -> transition st event cfg size sizes) ms

-- | The journey by another step function, with which the tests of the tests
-- inject their bugs.
travelWith :: (PairState -> Event -> Either TooLarge (PairState, [Action])) -> [Move] -> [Stop]
travelWith stepper = go startState
  where
    go st = \case
      [] -> []
      m : rest ->
        let event = eventOf st m
         in case stepper st event of
              Left e -> error (show e)
              Right (after, actions) -> Stop st event after actions : go after rest

eventOf :: PairState -> Move -> Event
eventOf st = \case
  MovePrice factor gap -> EvPriceTick (within (psMarketPrice st * factor)) (psNow st + gap)
  MoveTimer gap -> EvTimerTick (psNow st + gap)
  MoveFill i factor volume gap -> case pick i (psOrders st) of
    Nothing -> EvTimerTick (psNow st + gap)
    Just o -> EvFill (osLocalId o) "T" (osSide o) (within (osPrice o * factor)) volume 0.01 (psNow st + gap)
  MoveRecoveryFill i factor gap -> case pick i (psRecoveryOrders st) of
    Nothing -> EvTimerTick (psNow st + gap)
    Just o -> EvRecoveryFill (roRecoveryId o) "T" (roSide o) (within (roPrice o * factor)) 1 0.01 (psNow st + gap)
  MoveRecoveryCancel i gap -> case pick i (psRecoveryOrders st) of
    Nothing -> EvTimerTick (psNow st + gap)
    Just o -> EvRecoveryCancel (roRecoveryId o) "T" (psNow st + gap)
  MoveUnknownFill i gap -> EvFill (i + 1000000) "T" Buy 0.1 1 0 (psNow st + gap)
  where
    within p = max 0.01 (min 10 p)

pick :: Int -> [a] -> Maybe a
pick i list
  | null list = Nothing
  | otherwise = Just (list !! (i `mod` length list))

-- | A double of any kind: random bits, decimals, ties and their neighbours.
newtype AnyDouble = AnyDouble Double
  deriving (Show)

instance Arbitrary AnyDouble where
  arbitrary =
    AnyDouble
      <$> frequency
        [ (4, castWord64ToDouble <$> arbitrary),
          (3, decimal <$> choose (-10000000000, 10000000000) <*> choose (0, 12)),
          (3, tie <$> choose (-100000, 100000) <*> choose (0, 8) <*> choose (-1, 1)),
          (1, elements [0, -0.0, 0.5, 1.5, 2.5, 2.675, 1.0e22, 1.0e23, 5.0e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 1 / 0, -1 / 0]),
          (1, arbitrary)
        ]
    where
      decimal k d = fromInteger k / 10 ^^ (d :: Int)
      tie k d step = neighbour step (fromRational ((fromInteger k * 10 + 5) / 10 ^^ (d + 1 :: Int)))
      neighbour :: Int -> Double -> Double
      neighbour step x = let (m, e) = decodeFloat x in encodeFloat (m + toInteger step) e

-- | A state with anything on the book.
newtype AnyState = AnyState PairState
  deriving (Show)

instance Arbitrary AnyState where
  arbitrary = do
    orders <- choose (0, 4 :: Int) >>= mapM anyOrder . enumFromTo 1
    recoveries <- choose (0, 3 :: Int) >>= mapM anyRecovery . enumFromTo 1
    cycles <- choose (0, 3 :: Int) >>= (`vectorOf` anyCycle)
    market <- finite
    now <- finite
    profit <- finite
    settled <- finite
    fees <- finite
    lost <- finite
    entered <- arbitrary
    cooldown <- oneof [finite, pure (1 / 0)]
    source <- elements literals
    direction <- elements (Nothing : map Just literals)
    pure . AnyState $
      (initialState market now)
        { psOrders = orders,
          psRecoveryOrders = recoveries,
          psCompletedCycles = historyFromList cycles,
          psTotalProfit = profit,
          psTotalSettledUsd = settled,
          psTotalFees = fees,
          psTodayRealizedLoss = lost,
          psS2EnteredAt = if entered then Just now else Nothing,
          psCooldownUntilA = cooldown,
          psModeSource = source,
          psLastRefreshDirectionB = direction
        }

anyOrder :: Int -> Gen OrderState
anyOrder i =
  OrderState i <$> elements literals <*> elements literals <*> finite <*> finite <*> elements literals <*> arbitrary
    <*> texts
    <*> finite
    <*> finite
    <*> finite
    <*> finite

anyRecovery :: Int -> Gen RecoveryOrder
anyRecovery i =
  RecoveryOrder i <$> elements literals <*> finite <*> finite <*> elements literals <*> arbitrary <*> finite <*> finite
    <*> finite
    <*> finite
    <*> texts
    <*> texts

anyCycle :: Gen CycleRecord
anyCycle =
  CycleRecord <$> elements literals <*> arbitrary <*> finite <*> finite <*> finite <*> finite <*> finite <*> finite
    <*> finite
    <*> finite
    <*> arbitrary

finite :: Gen Double
finite = (\(AnyDouble x) -> x) <$> arbitrary `suchThat` \(AnyDouble x) -> x - x == 0

texts :: Gen T.Text
texts = T.pack . mapMaybe valid . getUnicodeString <$> arbitrary
  where
    valid c = if c >= '\xD800' && c <= '\xDFFF' then Nothing else Just c
