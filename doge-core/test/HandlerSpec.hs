-- | The tests of the reducer's functions, one group per function.
module HandlerSpec (spec) where

import Control.Monad (void)
import qualified Data.Map.Strict as Map
import DogeCore.Bootstrap (bootstrapOrders)
import DogeCore.Domain (TooLarge (..))
import DogeCore.History (historyCount, historyCycles)
import DogeCore.Invariants (checkInvariants, derivePhase)
import DogeCore.Orders (addEntryOrder, applyOrderTxid, applyRecoveryTxid)
import DogeCore.Pricing
  ( baseDistancePct,
    computeOrderVolume,
    entryBackoffMultiplier,
    entryPrice,
    exitPrice,
  )
import DogeCore.Transition (transition)
import DogeCore.Types
  ( Action (..),
    CycleRecord (..),
    EngineConfig (..),
    Event (..),
    ModeSource (..),
    OrderState (..),
    PairState (..),
    Phase (..),
    RecoveryOrder (..),
    RefreshDirection (..),
    Role (..),
    Side (..),
    TradeId (..),
    initialState,
  )
import Gen (baseConfig, startState)
import Test.Hspec (Spec, describe, it, shouldBe, shouldSatisfy)

spec :: Spec
spec = do
  priceSpec
  placeSpec
  refreshSpec
  timerSpec
  fillSpec
  recoverySpec
  overflowSpec
  invariantSpec

-- | The state after an event, and its actions.
after :: EngineConfig -> PairState -> Event -> (PairState, [Action])
after cfg st event = sure (transition st event cfg 5 Nothing)

sure :: Either TooLarge a -> a
sure = either (error . show) id

run :: EngineConfig -> PairState -> [Event] -> PairState
run cfg = foldl (\st event -> fst (after cfg st event))

fill :: Int -> Double -> Double -> Event
fill i price = EvFill i "T" Buy price 40 0.01

-- | B's entry filled: its sell exit waits beside A's sell entry.
s1b :: PairState
s1b = run baseConfig startState [fill 1 0.0998 1010]

-- | Both entries filled.
s2 :: PairState
s2 = run baseConfig s1b [fill 2 0.1002 1020]

priceSpec :: Spec
priceSpec = do
  describe "baseDistancePct" $
    it "takes a trade's own distance only if it is positive" $
      [baseDistancePct baseConfig {cfgEntryPctA = own} TradeA | own <- [Nothing, Just 0, Just (-1), Just 0.7]]
        `shouldBe` [0.2, 0.2, 0.2, 0.7]
  describe "entryBackoffMultiplier" $ do
    it "grows from the start on, up to its maximum" $
      map (`entryBackoffMultiplier` baseConfig) [0, 2, 3, 4, 100] `shouldBe` [1, 1, 1.5, 2, 5]
    it "does not wrap where the difference leaves 64 bits" $
      entryBackoffMultiplier maxBound baseConfig {cfgLossBackoffStart = minBound, cfgBackoffMaxMultiplier = 1 / 0}
        `shouldBe` 1.0 + 0.5 * 18446744073709551616
  describe "entryPrice" $ do
    it "stands below the market for a buy, above for a sell" $
      (entryPrice startState baseConfig Buy TradeB, entryPrice startState baseConfig Sell TradeA)
        `shouldBe` (0.0998, 0.1002)
    it "drops the back-off where it would reach zero" $
      entryPrice startState {psConsecutiveLossesB = 9} baseConfig {cfgBackoffFactor = 1000, cfgBackoffMaxMultiplier = 5000} Buy TradeB
        `shouldBe` 0.0998
  describe "exitPrice" $ do
    it "takes the profit, and not through the market" $
      [exitPrice st baseConfig side 0.1 | (st, side) <- [(startState, Sell), (startState {psMarketPrice = 0.2}, Sell), (startState, Buy)]]
        `shouldBe` [0.101, 0.2004, 0.099]
    it "falls back to the configuration's profit at zero" $
      exitPrice startState {psProfitPctRuntime = 0} baseConfig {cfgProfitPct = 2} Sell 0.1 `shouldBe` 0.102
  describe "computeOrderVolume" $ do
    it "rounds half to even and never raises a size to the minimum" $
      [computeOrderVolume 1 baseConfig size | size <- [13.5, 14.5, 12.4, 0, -1]] `shouldBe` [Just 14, Just 14, Nothing, Nothing, Nothing]
    it "is nothing without a price or beyond the largest double" $
      [computeOrderVolume price baseConfig 1.0e308 | price <- [0, -1, 1.0e-10]] `shouldBe` [Nothing, Nothing, Nothing]
    it "respects the minimal cost of size and of volume" $
      [computeOrderVolume 0.3 baseConfig {cfgMinCostUsd = least} 10 | least <- [9.9, 9.95, 10.1]] `shouldBe` [Just 33, Nothing, Nothing]

placeSpec :: Spec
placeSpec = do
  describe "bootstrapOrders" $ do
    it "makes a buy entry of B, then a sell entry of A, beside the state" $ do
      let (st, actions, orders) = sure (bootstrapOrders (initialState 0.1 7) baseConfig 5 True True)
      map (\o -> (osLocalId o, osSide o, osTradeId o)) orders `shouldBe` [(1, Buy, TradeB), (2, Sell, TradeA)]
      (psOrders st, psNextOrderId st, length actions) `shouldBe` ([], 3, 2)
    it "goes one-sided where only one passes" $ do
      -- 5 USD buy 50.1 at the buy price, 49.9 at the sell price
      let cfg = baseConfig {cfgVolumeDecimals = 2, cfgMinVolume = 50}
          (st, _, orders) = sure (bootstrapOrders (initialState 0.1 7) cfg 5 True True)
          (refused, _, _) = sure (bootstrapOrders (initialState 0.1 7) cfg 5 False True)
      (map osSide orders, psLongOnly st, psShortOnly st, psModeSource st) `shouldBe` ([Buy], True, False, ModeBalance)
      (psLongOnly refused, psModeSource refused) `shouldBe` (False, ModeNone)
  describe "addEntryOrder" $ do
    it "does nothing during the trade's cooldown" $
      addEntryOrder startState {psCooldownUntilB = 1 / 0} baseConfig Buy TradeB 3 5 "manual"
        `shouldBe` Right (startState {psCooldownUntilB = 1 / 0}, Nothing)
    it "appends the order last" $
      fmap (map osLocalId . psOrders . fst) (addEntryOrder startState baseConfig Buy TradeB 3 5 "manual") `shouldBe` Right [1, 2, 3]
  describe "applyOrderTxid and applyRecoveryTxid" $
    it "patch the order and leave an unknown id alone" $ do
      map osTxid (psOrders (applyOrderTxid startState 2 "X")) `shouldBe` ["", "X"]
      applyOrderTxid startState 9 "X" `shouldBe` startState
      applyRecoveryTxid startState 9 "X" `shouldBe` startState

refreshSpec :: Spec
refreshSpec = describe "onPriceTick" $ do
  it "moves the market and refreshes nothing near it" $ do
    let (st, actions) = after baseConfig startState (EvPriceTick 0.1001 1010)
    (psMarketPrice st, psLastPriceUpdateAt st, actions) `shouldBe` (0.1001, Just 1010, [])
  it "refreshes at most one stale entry, appended last, with its own cycle" $ do
    let (st, actions) = after baseConfig startState {psCycleB = 7} (EvPriceTick 0.12 1010)
    map osLocalId (psOrders st) `shouldBe` [2, 3]
    map osCycle (psOrders st) `shouldBe` [1, 1]
    take 1 actions `shouldBe` [ActCancelOrder 1 "" "stale_entry"]
    (psConsecutiveRefreshesB st, psLastRefreshDirectionB st) `shouldBe` (1, Just RefreshUp)
  it "blocks after too many in one direction, without an action" $ do
    let st0 = startState {psConsecutiveRefreshesB = 2, psLastRefreshDirectionB = Just RefreshUp}
        (st, actions) = after baseConfig st0 (EvPriceTick 0.12 1010)
    (actions, psRefreshCooldownUntilB st, psConsecutiveRefreshesB st) `shouldBe` ([], 1310, 3)
    map osLocalId (psOrders st) `shouldBe` [1, 2]
  it "forgets count and cooldown once the cooldown is over" $ do
    let st0 = startState {psConsecutiveRefreshesB = 3, psLastRefreshDirectionB = Just RefreshUp, psRefreshCooldownUntilB = 1005}
        (st, actions) = after baseConfig st0 (EvPriceTick 0.12 1010)
    (length actions, psRefreshCooldownUntilB st, psConsecutiveRefreshesB st) `shouldBe` (2, 0, 1)
  it "cancels without a new entry where no volume results" $ do
    let (st, actions) = after baseConfig {cfgMinVolume = 1000} startState (EvPriceTick 0.12 1010)
    (map osLocalId (psOrders st), length actions, psNextOrderId st) `shouldBe` ([2], 1, 3)

timerSpec :: Spec
timerSpec = describe "onTimerTick" $ do
  it "clears s2_entered_at in sticky mode and does nothing else" $ do
    let (st, actions) = after baseConfig {cfgStickyModeEnabled = True} s2 {psS2EnteredAt = Just 1} (EvTimerTick 9.0e9)
    (psS2EnteredAt st, actions, psOrders st) `shouldBe` (Nothing, [], psOrders s2)
  it "orphans an S1 exit that waited and that the market left" $ do
    let (st, actions) = after baseConfig s1b {psMarketPrice = 0.09} (EvTimerTick 2360)
    [reason | ActOrphanOrder {ooReason = reason} <- actions] `shouldBe` ["s1_timeout"]
    [poReason a | a@ActPlaceOrder {} <- actions] `shouldBe` ["orphan_B"]
    (map roRecoveryId (psRecoveryOrders st), psCycleB st, derivePhase st) `shouldBe` ([1], 2, S0)
  it "waits one instant longer than too short" $
    snd (after baseConfig s1b {psMarketPrice = 0.09} (EvTimerTick 2359.999)) `shouldBe` []
  it "notes when S2 began before it counts" $
    psS2EnteredAt (fst (after baseConfig s2 (EvTimerTick 5000))) `shouldBe` Just 5000
  it "orphans the worse S2 exit, the sell exit on a tie" $ do
    let worse market = [i | ActOrphanOrder {ooLocalId = i} <- snd (after baseConfig s2 {psMarketPrice = market, psS2EnteredAt = Just 1030} (EvTimerTick 9000))]
        exits side = [osLocalId o | o <- psOrders s2, osRole o == Exit, osSide o == side]
    worse 0.13 `shouldBe` exits Buy
    worse 0.05 `shouldBe` exits Sell
  it "evicts the farthest recovery order at the cap, booked at the market" $ do
    let recovery i price = RecoveryOrder i Sell price 10 TradeB 1 0.1 50 0.02 0 "R" "s1_timeout"
        st0 = s1b {psMarketPrice = 0.09, psRecoveryOrders = [recovery 1 0.1, recovery 2 0.2], psNextRecoveryId = 3}
        (st, actions) = after baseConfig st0 (EvTimerTick 2360)
    take 1 actions `shouldBe` [ActCancelOrder (-2) "R" "recovery_cap_evict_priority"]
    map roRecoveryId (psRecoveryOrders st) `shouldBe` [1, 3]
    map (\r -> (crExitPrice r, crEntryTime r, crFromRecovery r)) (historyCycles (psCompletedCycles st)) `shouldBe` [(0.09, 50, True)]

fillSpec :: Spec
fillSpec = describe "onFill" $ do
  it "changes nothing but the time for an unknown id" $
    after baseConfig startState (fill 99 1 1234) `shouldBe` (startState {psNow = 1234}, [])
  it "places the exit of a filled entry with the event's volume" $ do
    let exits = filter ((== Exit) . osRole) (psOrders s1b)
    map (\o -> (osSide o, osVolume o, osEntryPrice o, osEntryFee o, osPrice o)) exits `shouldBe` [(Sell, 40, 0.0998, 0.01, 0.100798)]
    (psTotalFees s1b, psMarketPrice s1b, derivePhase s1b) `shouldBe` (0.01, 0.1, S1b)
  it "books a filled exit with the order's volume and enters again" $ do
    let (st, actions) = after baseConfig s1b (EvFill 3 "T" Sell 0.101 9999 0.02 1100)
        gross = (0.101 - 0.0998) * 40
    [(crGrossProfit r, crFees r, crNetProfit r) | r <- historyCycles (psCompletedCycles st)] `shouldBe` [(gross, 0.03, gross - 0.03)]
    psTotalSettledUsd st `shouldBe` gross - 0.02
    (psCycleB st, psTotalRoundTrips st, [poReason a | a@ActPlaceOrder {} <- actions]) `shouldBe` (2, 1, ["cycle_complete"])
  it "counts losses and starts the cooldown that they earn" $ do
    let st = run baseConfig {cfgLossCooldownStart = 1} s1b [fill 3 0.05 1100]
    (psConsecutiveLossesB st, psCooldownUntilB st, derivePhase st, length (psOrders st)) `shouldBe` (1, 2000, S0, 1)
    psTodayRealizedLoss st `shouldSatisfy` (> 0)
  it "uses a trade's own size where one is given" $ do
    let (_, actions) = sure (transition s1b (fill 3 0.101 1100) baseConfig 5 (Just (Map.fromList [(TradeB, 10)])))
    [poVolume a | a@ActPlaceOrder {} <- actions] `shouldBe` [100]

recoverySpec :: Spec
recoverySpec = do
  let orphaned = run baseConfig s1b {psMarketPrice = 0.09} [EvTimerTick 2360]
  describe "onRecoveryFill" $ do
    it "books the cycle without a follow-up" $ do
      let (st, actions) = after baseConfig orphaned (EvRecoveryFill 1 "T" Sell 0.1 1 0.02 3000)
      (psRecoveryOrders st, historyCount (psCompletedCycles st), length actions) `shouldBe` ([], 1, 1)
      map crVolume (historyCycles (psCompletedCycles st)) `shouldBe` [40]
    it "changes nothing but the time for an unknown id" $
      after baseConfig orphaned (EvRecoveryFill 9 "T" Sell 0.1 1 0 3000) `shouldBe` (orphaned {psNow = 3000}, [])
  describe "onRecoveryCancel" $
    it "removes the recovery order in silence" $
      after baseConfig orphaned (EvRecoveryCancel 1 "T" 3000) `shouldBe` (orphaned {psNow = 3000, psRecoveryOrders = []}, [])

overflowSpec :: Spec
overflowSpec = describe "checkResult" $ do
  it "refuses an infinite exit price by its path" $
    failure startState (EvFill 1 "T" Buy 1.7976931348623157e308 1 0 1010) `shouldBe` Left (TooLarge "orders[1].price")
  it "refuses a counter beyond 64 bits instead of wrapping" $ do
    failure startState {psNextOrderId = maxBound} (fill 1 0.0998 1010) `shouldBe` Left (TooLarge "next_order_id")
    failure s1b {psTotalRoundTrips = maxBound} (fill 3 0.101 1100) `shouldBe` Left (TooLarge "total_round_trips")
  it "names the new entry before the counter that it came from" $
    failure s1b {psOrders = [o {osCycle = maxBound} | o <- psOrders s1b]} (fill 3 0.101 1100) `shouldBe` Left (TooLarge "orders[1].cycle")
  it "lets counters at their lowest grow" $
    failure s1b {psTotalRoundTrips = minBound} (fill 3 0.101 1100) `shouldBe` Right (minBound + 1)
  it "allows an infinite cooldown" $
    void (transition s1b (fill 3 0.05 1100) baseConfig {cfgLossCooldownStart = 1, cfgLossCooldownSec = 1 / 0} 5 Nothing) `shouldBe` Right ()
  where
    failure st event = psTotalRoundTrips . fst <$> transition st event baseConfig 5 Nothing

invariantSpec :: Spec
invariantSpec = describe "checkInvariants" $ do
  it "finds nothing in sound states" $ map checkInvariants [startState, s1b, s2] `shouldBe` [[], [], []]
  it "names what is wrong, in order" $
    checkInvariants startState {psOrders = [o {osLocalId = 1, osVolume = 0, osCycle = 0} | o <- psOrders startState], psS2EnteredAt = Just 1, psCycleA = 0}
      `shouldBe` [ "duplicate order local_id",
                   "s2_entered_at must be null outside S2",
                   "order cycle must be >= 1",
                   "order volume must be > 0",
                   "order cycle must be >= 1",
                   "order volume must be > 0",
                   "cycle counters must be >= 1"
                 ]
  it "knows the one-sided modes" $
    [ checkInvariants st
      | st <- [bare {psLongOnly = True}, bare {psLongOnly = True, psShortOnly = True}, bare {psShortOnly = True}, bare]
    ]
      `shouldBe` [ ["S0 long_only must be exactly one buy entry"],
                   ["S0 long_only must be exactly one buy entry"],
                   ["S0 short_only must be exactly one sell entry"],
                   ["S0 must be exactly A sell entry + B buy entry"]
                 ]
  where
    bare = startState {psOrders = []}
