-- | The contract's literals, as sum types: an illegal one cannot be built.
module DogeCore.Types.Literals
  ( Literal (..),
    literals,
    Side (..),
    Role (..),
    TradeId (..),
    Phase (..),
    ModeSource (..),
    RefreshDirection (..),
    oppositeSide,
  )
where

import Data.ByteString (ByteString)
import Data.Proxy (Proxy (..))

-- | A closed set of texts. The order of the constructors is the contract's.
class (Bounded a, Enum a, Eq a) => Literal a where
  -- | The contract's name of the set.
  literalName :: Proxy a -> ByteString

  -- | The text on the wire; ASCII.
  literalText :: a -> ByteString

-- | All members, in contract order.
literals :: Literal a => [a]
literals = [minBound .. maxBound]

-- | The side of an order.
data Side = Buy | Sell
  deriving (Eq, Ord, Show, Enum, Bounded)

instance Literal Side where
  literalName Proxy = "side"
  literalText = \case
    Buy -> "buy"
    Sell -> "sell"

-- | The role of an order: an entry opens a cycle, an exit closes it.
data Role = Entry | Exit
  deriving (Eq, Ord, Show, Enum, Bounded)

instance Literal Role where
  literalName Proxy = "role"
  literalText = \case
    Entry -> "entry"
    Exit -> "exit"

-- | Trade A sells first, trade B buys first.
data TradeId = TradeA | TradeB
  deriving (Eq, Ord, Show, Enum, Bounded)

instance Literal TradeId where
  literalName Proxy = "trade_id"
  literalText = \case
    TradeA -> "A"
    TradeB -> "B"

-- | The phase of a pair, named by the exits on its book: none, a buy exit, a
-- sell exit, both.
data Phase = S0 | S1a | S1b | S2
  deriving (Eq, Ord, Show, Enum, Bounded)

instance Literal Phase where
  literalName Proxy = "phase"
  literalText = \case
    S0 -> "S0"
    S1a -> "S1a"
    S1b -> "S1b"
    S2 -> "S2"

-- | The reason for which a slot trades one side only.
data ModeSource = ModeNone | ModeBalance | ModeRegime
  deriving (Eq, Ord, Show, Enum, Bounded)

instance Literal ModeSource where
  literalName Proxy = "mode_source"
  literalText = \case
    ModeNone -> "none"
    ModeBalance -> "balance"
    ModeRegime -> "regime"

-- | The direction in which the market ran when an entry was refreshed.
data RefreshDirection = RefreshUp | RefreshDown
  deriving (Eq, Ord, Show, Enum, Bounded)

instance Literal RefreshDirection where
  literalName Proxy = "refresh_direction"
  literalText = \case
    RefreshUp -> "up"
    RefreshDown -> "down"

-- | The side that closes what this side opens.
oppositeSide :: Side -> Side
oppositeSide = \case
  Buy -> Sell
  Sell -> Buy
