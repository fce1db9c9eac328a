-- | Timer ticks: orphaning exits that waited too long.
-- Reference: @reducer/transition.py@, @on_timer_tick@ and below.
module DogeCore.Transition.Timer
  ( onTimerTick,
  )
where

import Data.List (find)
import DogeCore.Invariants (derivePhase, distance, firstOf)
import DogeCore.Orders (Result, Sizing (..))
import DogeCore.Orphaning (orphanExit)
import DogeCore.PythonFloat (orElse)
import DogeCore.Types
  ( EngineConfig (..),
    OrderState (..),
    PairState (..),
    Phase (..),
    Role (..),
    Side (..),
  )

-- | Orphan at most one exit that waited too long.
-- Reference: @on_timer_tick@.
onTimerTick :: PairState -> Sizing -> Result
onTimerTick st sizing
  | cfgStickyModeEnabled (szConfig sizing) = (outsideS2, [])
  | otherwise = case derivePhase st of
      S2 -> orphanWorseExit st sizing
      S0 -> (outsideS2, [])
      S1a -> orphanStaleExit outsideS2 sizing
      S1b -> orphanStaleExit outsideS2 sizing
  where
    outsideS2 = st {psS2EnteredAt = Nothing}

-- In S1, orphan the first exit once it waited long enough and the market has
-- moved away from it. Reference: @orphan_stale_exit@.
orphanStaleExit :: PairState -> Sizing -> Result
orphanStaleExit st sizing = case find ((== Exit) . osRole) (psOrders st) of
  Nothing -> (st, []) -- S1 has an exit
  Just exitOrder
    | psNow st - startedAt exitOrder < cfgS1OrphanAfterSec (szConfig sizing) -> (st, [])
    | not (movedAway exitOrder) -> (st, [])
    | otherwise -> orphanExit st sizing exitOrder "s1_timeout"
  where
    startedAt o = osEntryFilledAt o `orElse` osPlacedAt o `orElse` psNow st
    movedAway o = case osSide o of
      Sell -> psMarketPrice st < osPrice o
      Buy -> psMarketPrice st > osPrice o

-- In S2, orphan the exit farther from the market once both have waited long
-- enough.
-- Reference: @orphan_worse_exit@.
orphanWorseExit :: PairState -> Sizing -> Result
orphanWorseExit st sizing = case psS2EnteredAt st of
  Nothing -> (st {psS2EnteredAt = Just (psNow st)}, [])
  Just enteredAt
    | psNow st - enteredAt < cfgS2OrphanAfterSec (szConfig sizing) || psMarketPrice st <= 0 -> (st, [])
    | otherwise -> case (firstOf st Buy Exit, firstOf st Sell Exit) of
        (Just buyExit, Just sellExit) -> orphan (worseOf buyExit sellExit)
        (Just _, Nothing) -> (st, []) -- S2 has both
        (Nothing, Just _) -> (st, [])
        (Nothing, Nothing) -> (st, [])
  where
    away o = distance (osPrice o) (psMarketPrice st)
    worseOf buyExit sellExit
      | away buyExit > away sellExit = buyExit
      | otherwise = sellExit
    orphan worse =
      let (after, actions) = orphanExit st sizing worse "s2_timeout"
       in (after {psS2EnteredAt = Nothing}, actions)
