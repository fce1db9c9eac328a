//! The literals of the contract as types. Reference: the `Literal` aliases of `reducer/types.py`.

use crate::json::{Path, Value, WireError};
use crate::kinds::{check_literal, Kind, TooLarge};
use crate::text::write_string;

/// A literal: a type with a value for each of its texts, in contract order.
macro_rules! literal {
    ($(#[$doc:meta])* $type:ident, $name:literal, { $($value:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub enum $type { $($value),* }

        impl $type {
            /// The name in the contract.
            pub const NAME: &'static str = $name;
            /// The texts, in contract order.
            pub const TEXTS: &'static [&'static str] = &[$($text),*];
            /// The values, in contract order.
            pub const VALUES: &'static [Self] = &[$(Self::$value),*];

            /// The text on the wire.
            pub fn text(self) -> &'static str {
                Self::TEXTS[self as usize]
            }
        }

        impl Kind for $type {
            type Value = Self;

            fn name() -> String {
                Self::NAME.into()
            }

            fn read(value: &Value<'_>, path: Path<'_>) -> Result<Self, WireError> {
                check_literal(value, path, Self::TEXTS).map(|index| Self::VALUES[index])
            }

            fn write(value: &Self, out: &mut Vec<u8>) {
                write_string(value.text().as_bytes(), out);
            }

            fn pack(value: &Self, out: &mut Vec<u8>) {
                out.extend((*value as u64).to_le_bytes());
            }

            fn pack_optional(value: Option<&Self>, out: &mut Vec<u8>) {
                out.extend(value.map_or(0, |value| *value as u64 + 1).to_le_bytes());
            }

            fn same(one: &Self, other: &Self) -> bool {
                one == other
            }

            fn check_fits(_: &Self, _: Path<'_>) -> Result<(), TooLarge> {
                Ok(())
            }
        }
    };
}

literal! {
    /// The side of an order.
    Side, "side", { Buy = "buy", Sell = "sell" }
}
literal! {
    /// The role of an order: an entry, or the exit that follows its fill.
    Role, "role", { Entry = "entry", Exit = "exit" }
}
literal! {
    /// The trade: A sells first, B buys first.
    TradeId, "trade_id", { A = "A", B = "B" }
}
literal! {
    /// The phase of a pair.
    PairPhase, "phase", { S0 = "S0", S1a = "S1a", S1b = "S1b", S2 = "S2" }
}
literal! {
    /// What set a one-sided mode.
    ModeSource, "mode_source", { None = "none", Balance = "balance", Regime = "regime" }
}
literal! {
    /// The direction in which a refreshed entry moved.
    RefreshDirection, "refresh_direction", { Up = "up", Down = "down" }
}
