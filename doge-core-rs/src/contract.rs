//! The contract as this port has it, for comparison with `golden/reducer/contract.json`. Reference: `reducer/contract.py`.

use xxhash_rust::xxh64::xxh64;

use crate::literals::{ModeSource, PairPhase, RefreshDirection, Role, Side, TradeId};
use crate::schema::{write_list, write_name, Contract, FieldView};
use crate::text::write_string;
use crate::types::{
    BookCycleAction, CancelOrderAction, CycleRecord, EngineConfig, FillEvent, OrderState, OrphanOrderAction,
    PairState, PlaceOrderAction, PriceTick, RecoveryCancelEvent, RecoveryFillEvent, RecoveryOrder, TimerTick,
};

/// The version of the protocol. Reference: `PROTOCOL`.
const PROTOCOL: &str = "1";

type Named = (&'static str, Vec<u8>);

/// Reference: `_described_type`.
fn described_type<T: Contract>() -> Named {
    let mut rows = Vec::new();
    write_list(T::described(), &mut rows, |FieldView { name, kind, default }: FieldView, out| {
        let texts = [name.to_owned(), kind].map(|text| {
            let mut json = Vec::new();
            write_string(text.as_bytes(), &mut json);
            json
        });
        write_list(texts.into_iter().chain(default), out, |item, out| out.extend(item));
    });
    (T::NAME, rows)
}

fn literals() -> [Named; 6] {
    [
        (Side::NAME, Side::TEXTS),
        (Role::NAME, Role::TEXTS),
        (TradeId::NAME, TradeId::TEXTS),
        (PairPhase::NAME, PairPhase::TEXTS),
        (ModeSource::NAME, ModeSource::TEXTS),
        (RefreshDirection::NAME, RefreshDirection::TEXTS),
    ]
    .map(|(name, texts)| {
        let mut json = Vec::new();
        write_list(texts, &mut json, |text, out| write_string(text.as_bytes(), out));
        (name, json)
    })
}

fn types() -> [Named; 14] {
    [
        described_type::<EngineConfig>(),
        described_type::<OrderState>(),
        described_type::<RecoveryOrder>(),
        described_type::<CycleRecord>(),
        described_type::<PairState>(),
        described_type::<PriceTick>(),
        described_type::<TimerTick>(),
        described_type::<FillEvent>(),
        described_type::<RecoveryFillEvent>(),
        described_type::<RecoveryCancelEvent>(),
        described_type::<PlaceOrderAction>(),
        described_type::<CancelOrderAction>(),
        described_type::<OrphanOrderAction>(),
        described_type::<BookCycleAction>(),
    ]
}

/// An object with sorted keys.
fn canonical(members: impl IntoIterator<Item = Named>) -> Vec<u8> {
    let mut sorted: Vec<Named> = members.into_iter().collect();
    sorted.sort();
    let mut json = vec![b'{'];
    for (name, value) in sorted {
        write_name(name, &mut json);
        json.extend(value);
    }
    json.push(b'}');
    json
}

/// The contract as canonical JSON: sorted keys, no spaces, ASCII. Reference: `contract`.
pub fn contract() -> Vec<u8> {
    canonical([
        ("protocol", PROTOCOL.into()),
        ("literals", canonical(literals())),
        ("types", canonical(types())),
    ])
}

/// Write the part of a `describe` answer that is about the contract. Reference: `described`.
pub fn write_described(out: &mut Vec<u8>) {
    let view = contract();
    let hash = format!("\"{:016x}\"", xxh64(&view, 0));
    let members: [(&str, &[u8]); 3] =
        [("protocol", PROTOCOL.as_bytes()), ("contract", &view), ("contract_hash", hash.as_bytes())];
    for (name, json) in members {
        write_name(name, out);
        out.extend_from_slice(json);
    }
}
