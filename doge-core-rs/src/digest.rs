//! The digest of a state: XXH64 over its packed fields, seeded with the digest of its completed cycles (`docs/wire.md`).
//! Reference: `reducer/digest.py`.

use xxhash_rust::xxh64::xxh64;

use crate::schema::Contract;
use crate::types::{CycleRecord, PairState};

/// Extend the chain of digests by more completed cycles; the chain of no cycles is 0. Reference: `cycles_digest`.
pub fn cycles_digest<'r>(records: impl Iterator<Item = &'r CycleRecord>, chain: u64) -> u64 {
    let mut packed = Vec::new();
    records.fold(chain, |chain, record| {
        packed.clear();
        record.pack(&mut packed);
        xxh64(&packed, chain)
    })
}

/// The digest as 16 hex digits; `cycles` is the chain over the completed cycles. Reference: `state_digest`.
pub fn state_digest(state: &PairState, cycles: u64) -> String {
    let mut packed = Vec::with_capacity(1024);
    let count = |length: usize, out: &mut Vec<u8>| out.extend((length as u64).to_le_bytes());
    state.pack(&mut packed);
    count(state.orders.len(), &mut packed);
    state.orders.iter().for_each(|order| order.pack(&mut packed));
    count(state.recovery_orders.len(), &mut packed);
    state.recovery_orders.iter().for_each(|order| order.pack(&mut packed));
    count(state.completed_cycles.len(), &mut packed);
    format!("{:016x}", xxh64(&packed, cycles))
}
