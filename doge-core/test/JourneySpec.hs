-- | Properties of every sequence of events (section 9 of the contract).
module JourneySpec (spec) where

import qualified Data.List as List
import qualified Data.Map.Strict as Map
import DogeCore.History (historyCount, historyCycles, historySince)
import DogeCore.Invariants (checkInvariants, derivePhase)
import DogeCore.Transition (transition)
import DogeCore.Types
  ( Action (..),
    CycleRecord (..),
    EngineConfig (..),
    Event (..),
    OrderState (..),
    PairState (..),
    Phase (..),
    RecoveryOrder (..),
  )
import Gen (Journey (..), Stop (..), Tame (..), travel, travelWith)
import Test.Hspec (Spec, describe, it)
import Test.Hspec.QuickCheck (modifyMaxSuccess, prop)
import Test.QuickCheck
  ( Property,
    checkCoverage,
    conjoin,
    counterexample,
    cover,
    expectFailure,
    property,
    (.&&.),
    (===),
  )

-- | The properties; each draws this many sequences of its own.
spec :: Int -> Spec
spec sequences = modifyMaxSuccess (const sequences) . describe "any sequence of events" $ do
  prop "reaches every phase, event and action" $ \journey ->
    let stops = travel journey
        phases = [derivePhase after | Stop _ _ after _ <- stops]
        acts = concat [actions | Stop _ _ _ actions <- stops]
     in checkCoverage
          . cover 20 (S0 `elem` phases) "S0"
          . cover 20 (S2 `elem` phases) "S2"
          . cover 20 (S1a `elem` phases) "S1a"
          . cover 20 (S1b `elem` phases) "S1b"
          . cover 20 (any isOrphan acts) "orphaned"
          . cover 5 (or [recovered | Stop _ EvTimerTick {} _ actions <- stops, ActBookCycle {bcFromRecovery = recovered} <- actions]) "evicted"
          . cover 20 (any isRefresh acts) "refreshed"
          . cover 40 (any isBooked acts) "booked"
          . cover 10 (or [True | Stop _ EvRecoveryFill {} _ _ <- stops]) "recovery filled"
          . cover 3 (or [True | Stop _ EvRecoveryCancel {} _ _ <- stops]) "recovery cancelled"
          $ property True
  prop "never repeats or shrinks an id" $ \journey -> keepsIds (travel journey)
  prop "never loses a booked cycle" $ \journey -> keepsCycles (travel journey)
  prop "keeps total_profit the sum of the booked nets, in order" $ \journey -> sumsNets (travel journey)
  prop "has s2_entered_at only in S2" $ \journey ->
    conjoin [psS2EnteredAt after === Nothing | Stop _ _ after _ <- travel journey, derivePhase after /= S2]
  prop "accounts for every removed order" $ \journey -> conjoin (map accounted (travel journey))
  prop "never has more recovery orders than the cap after an orphaning" $ \journey@(Journey cfg _ _ _) ->
    keepsCap cfg (travel journey)
  prop "stays sound where nothing can go wrong" $ \(Tame journey) ->
    conjoin [checkInvariants after === [] | Stop _ _ after _ <- travel journey]
  describe "the tests themselves" $ do
    it "catch an orphaning that evicts nothing" . expectFailure $ \(Journey cfg size sizes ms) ->
      let careless = cfg {cfgMaxRecoverySlots = 1000}
       in keepsCap cfg (travelWith (\st event -> transition st event careless size sizes) ms)
    it "catch a profit booked before fees" . expectFailure $ \(Journey cfg size sizes ms) ->
      sumsNets (travelWith (\st event -> grossed st <$> transition st event cfg size sizes) ms)
    it "catch a spent id that is used again" . expectFailure $ \(Journey cfg size sizes ms) ->
      keepsIds (travelWith (\st event -> unspent st <$> transition st event cfg size sizes) ms)
  where
    isOrphan = \case
      ActOrphanOrder {} -> True
      ActPlaceOrder {} -> False
      ActCancelOrder {} -> False
      ActBookCycle {} -> False
    isBooked = \case
      ActBookCycle {} -> True
      ActPlaceOrder {} -> False
      ActCancelOrder {} -> False
      ActOrphanOrder {} -> False
    isRefresh = \case
      ActCancelOrder {coReason = reason} -> reason == "stale_entry"
      ActPlaceOrder {} -> False
      ActBookCycle {} -> False
      ActOrphanOrder {} -> False

keepsIds :: [Stop] -> Property
keepsIds stops = increasing placed .&&. conjoin (map monotone stops)
  where
    placed = [i | Stop _ _ _ actions <- stops, ActPlaceOrder {poLocalId = i} <- actions]
    increasing ids = counterexample (show ids) (and (zipWith (<) ids (drop 1 ids)))
    monotone (Stop before _ after _) =
      conjoin
        [ counterexample "next_order_id" (psNextOrderId before <= psNextOrderId after),
          counterexample "next_recovery_id" (psNextRecoveryId before <= psNextRecoveryId after),
          counterexample "unspent id on the book" (all ((< psNextOrderId after) . osLocalId) (psOrders after)),
          counterexample "unspent recovery id" (all ((< psNextRecoveryId after) . roRecoveryId) (psRecoveryOrders after))
        ]

keepsCycles :: [Stop] -> Property
keepsCycles stops = conjoin (map kept stops)
  where
    kept (Stop before _ after actions) =
      conjoin
        [ counterexample "cycle_a" (psCycleA before <= psCycleA after),
          counterexample "cycle_b" (psCycleB before <= psCycleB after),
          counterexample "history" (historyCycles old === take (historyCount old) (historyCycles new)),
          counterexample "round trips" (psTotalRoundTrips after - psTotalRoundTrips before === historyCount new - historyCount old),
          counterexample "actions" (map crNetProfit (historySince old new) === [net | ActBookCycle {bcNetProfit = net} <- actions])
        ]
      where
        old = psCompletedCycles before
        new = psCompletedCycles after

sumsNets :: [Stop] -> Property
sumsNets stops =
  conjoin
    [ psTotalProfit after === List.foldl' (+) 0 (map crNetProfit (historyCycles (psCompletedCycles after)))
      | Stop _ _ after _ <- stops
    ]

accounted :: Stop -> Property
accounted (Stop before event after actions) =
  counterexample (show (event, actions)) $
    gone (map osLocalId (psOrders before)) (map osLocalId (psOrders after)) (filledOrders ++ cancelled ++ orphaned)
      .&&. List.sort recoveriesGone === List.sort (recoveryDone ++ evicted)
  where
    gone old new reasons = filter (`notElem` new) old === filter (`elem` reasons) old
    filledOrders = case event of
      EvFill {flOrderLocalId = i} -> [i]
      EvPriceTick {} -> []
      EvTimerTick {} -> []
      EvRecoveryFill {} -> []
      EvRecoveryCancel {} -> []
    recoveryDone = filter (`elem` map roRecoveryId (psRecoveryOrders before)) $ case event of
      EvRecoveryFill {rfRecoveryId = i} -> [i]
      EvRecoveryCancel {rcRecoveryId = i} -> [i]
      EvPriceTick {} -> []
      EvTimerTick {} -> []
      EvFill {} -> []
    cancelled = [i | ActCancelOrder {coLocalId = i, coReason = "stale_entry"} <- actions]
    orphaned = [i | ActOrphanOrder {ooLocalId = i} <- actions]
    recoveriesGone =
      filter (`notElem` map roRecoveryId (psRecoveryOrders after)) (map roRecoveryId (psRecoveryOrders before))
    -- The record that an eviction books identifies it.
    evicted = case event of
      EvTimerTick {} -> matching booked
      EvPriceTick {} -> []
      EvFill {} -> []
      EvRecoveryFill {} -> []
      EvRecoveryCancel {} -> []
    booked = historySince (psCompletedCycles before) (psCompletedCycles after)
    matching records =
      [ i
        | r <- records,
          (i, key) <- Map.toList evictable,
          key == (crTradeId r, crCycle r, crEntryPrice r, crVolume r)
      ]
    evictable =
      Map.fromList
        [ (roRecoveryId o, (roTradeId o, roCycle o, roEntryPrice o, roVolume o))
          | o <- psRecoveryOrders before,
            roRecoveryId o `elem` recoveriesGone
        ]

keepsCap :: EngineConfig -> [Stop] -> Property
keepsCap cfg stops =
  conjoin
    [ counterexample (show actions) (length (psRecoveryOrders after) <= max 1 (cfgMaxRecoverySlots cfg))
      | Stop _ _ after actions <- stops,
        or [True | ActOrphanOrder {} <- actions]
    ]

-- An injected bug: the fees are forgotten.
grossed :: PairState -> (PairState, [Action]) -> (PairState, [Action])
grossed _ (after, actions) =
  (after {psTotalProfit = psTotalProfit after + sum [fees | ActBookCycle {bcFees = fees} <- actions]}, actions)

-- An injected bug: an id is given out twice.
unspent :: PairState -> (PairState, [Action]) -> (PairState, [Action])
unspent before (after, actions) = (after {psNextOrderId = psNextOrderId before}, actions)
