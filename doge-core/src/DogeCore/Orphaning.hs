-- | Giving up on an exit: it becomes a recovery order, and the farthest and
-- oldest of those make room. Reference: @reducer/orphaning.py@.
module DogeCore.Orphaning
  ( orphanExit,
    evictOverflow,
  )
where

import qualified Data.IntSet as IntSet
import Data.List (sortOn)
import Data.Text (Text)
import qualified Data.Text as T
import DogeCore.Booking (ExitFill (..), bookRecovery, updateLosses)
import DogeCore.Domain (evictReason)
import DogeCore.Invariants (distance)
import DogeCore.Orders
  ( Result,
    Sizing (..),
    extendCooldown,
    placeFollowUp,
    removeOrder,
    removeRecovery,
    snoc,
  )
import DogeCore.PythonFloat (pyMax)
import DogeCore.Types
  ( Action (..),
    EngineConfig (..),
    OrderState (..),
    PairState (..),
    RecoveryOrder (..),
    TradeId (..),
    cycleOf,
    withCycle,
  )

-- | Turn an exit into a recovery order and enter its trade again.
-- Reference: @orphan_exit@.
orphanExit :: PairState -> Sizing -> OrderState -> Text -> Result
orphanExit before sizing exitOrder reason = (placedState, evictions ++ orphan : placed)
  where
    cfg = szConfig sizing
    (evicted, evictions) = evictOverflow before cfg
    recovery =
      RecoveryOrder
        { roRecoveryId = psNextRecoveryId evicted,
          roSide = osSide exitOrder,
          roPrice = osPrice exitOrder,
          roVolume = osVolume exitOrder,
          roTradeId = trade,
          roCycle = osCycle exitOrder,
          roEntryPrice = osEntryPrice exitOrder,
          roOrphanedAt = psNow evicted,
          roEntryFee = osEntryFee exitOrder,
          roEntryFilledAt = osEntryFilledAt exitOrder,
          roTxid = osTxid exitOrder,
          roReason = reason
        }
    removed = removeOrder evicted (osLocalId exitOrder)
    recovered =
      removed
        { psRecoveryOrders = snoc (psRecoveryOrders removed) recovery,
          psNextRecoveryId = psNextRecoveryId removed + 1
        }
    orphan = ActOrphanOrder (osLocalId exitOrder) (roRecoveryId recovery) reason
    trade = osTradeId exitOrder
    cooled
      | cfgReentryBaseCooldownSec cfg > 0 =
          extendCooldown recovered trade (psNow recovered + cfgReentryBaseCooldownSec cfg)
      | otherwise = recovered
    counted = withCycle cooled trade (cycleOf cooled trade + 1)
    (placedState, placed) = placeFollowUp counted sizing trade $ case trade of
      TradeA -> "orphan_A"
      TradeB -> "orphan_B"

-- | Make room for one more recovery order: the farthest go first, then the
-- oldest, then the lowest id. Reference: @evict_overflow@.
--
-- If a broken state repeats the id of an evicted order, every order with that
-- id is evicted and booked.
evictOverflow :: PairState -> EngineConfig -> Result
evictOverflow st0 cfg
  | overflow == 0 = (st0, [])
  | otherwise = go st0 (psRecoveryOrders st0)
  where
    cap = max 1 (cfgMaxRecoverySlots cfg)
    overflow = max 0 (length (psRecoveryOrders st0) + 1 - cap)
    ranked = sortOn rank (psRecoveryOrders st0)
    rank o = (negate (distance (roPrice o) (psMarketPrice st0)), roOrphanedAt o, roRecoveryId o)
    evictedIds = IntSet.fromList (map roRecoveryId (take overflow ranked))
    go st = \case
      [] -> (st, [])
      o : rest
        | IntSet.member (roRecoveryId o) evictedIds ->
            let (evictedState, actions) = evict st cfg o
                (final, more) = go evictedState rest
             in (final, actions ++ more)
        | otherwise -> go st rest

-- Cancel one recovery order and book it at the market. Reference: @evict@.
evict :: PairState -> EngineConfig -> RecoveryOrder -> Result
evict st cfg o = (updateLosses booked cfg (roTradeId o) net, cancels ++ [book])
  where
    cancels =
      [ ActCancelOrder (negate (roRecoveryId o)) (roTxid o) evictReason
        | not (T.null (roTxid o))
      ]
    price = evictionPrice st o
    fee = pyMax 0.0 (price * roVolume o * (cfgMakerFeePct cfg / 100.0))
    removed = removeRecovery st (roRecoveryId o)
    (booked, book, net) = bookRecovery removed o (ExitFill price fee (psNow removed))

-- The price at which an evicted order is booked: the market, or without one
-- the order's own price, its entry price, or 0.0. Reference: @eviction_price@.
evictionPrice :: PairState -> RecoveryOrder -> Double
evictionPrice st o
  | psMarketPrice st > 0 = psMarketPrice st
  | roPrice o > 0 = roPrice o
  | roEntryPrice o > 0 = roEntryPrice o
  | otherwise = 0.0
