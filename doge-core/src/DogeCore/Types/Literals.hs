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

-- | Which way an order trades.
data Side = Buy | Sell
  deriving (Eq, Ord, Show, Enum, Bounded)

instance Literal Side where
  literalName Proxy = "side"
  literalText = \case
    Buy -> "buy"
    Sell -> "sell"

-- | Whether an order opens or closes a cycle.
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

-- | Which exits are on the book.
data Phase = S0 | S1a | S1b | S2
  deriving (Eq, Ord, Show, Enum, Bounded)

instance Literal Phase where
  literalName Proxy = "phase"
  literalText = \case
    S0 -> "S0"
    S1a -> "S1a"
    S1b -> "S1b"
    S2 -> "S2"

-- | Why a slot trades one side only.
data ModeSource = ModeNone | ModeBalance | ModeRegime
  deriving (Eq, Ord, Show, Enum, Bounded)

instance Literal ModeSource where
  literalName Proxy = "mode_source"
  literalText = \case
    ModeNone -> "none"
    ModeBalance -> "balance"
    ModeRegime -> "regime"

-- | Which way the market ran when an entry was refreshed.
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
