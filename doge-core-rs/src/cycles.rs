//! The completed cycles of a state, which are only ever appended to.
//!
//! DIFFERENCE: the reference has a tuple and copies it at each booking. Here states share what they have in common, so that a
//! transition costs the same however many cycles there are.

use std::sync::Arc;

use crate::json::{Path, Value, WireError};
use crate::kinds::{Kind, TooLarge};
use crate::schema::{write_list, Contract, ListOf};
use crate::types::CycleRecord;

/// The completed cycles: those that other states may share, and those booked since [`Cycles::settle`].
#[derive(Clone, Debug, Default)]
pub struct Cycles {
    shared: Arc<Vec<CycleRecord>>,
    booked: Vec<CycleRecord>,
}

impl Cycles {
    /// The number of records.
    pub fn len(&self) -> usize {
        self.shared.len() + self.booked.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The records from an index on.
    pub fn since(&self, from: usize) -> impl Iterator<Item = &CycleRecord> {
        let booked = from.saturating_sub(self.shared.len());
        self.shared[from.min(self.shared.len())..].iter().chain(&self.booked[booked.min(self.booked.len())..])
    }

    /// Append a record.
    pub fn push(&mut self, record: CycleRecord) {
        self.booked.push(record);
    }

    /// Put what was booked with the rest. It is copied only if another state shares the rest.
    pub fn settle(&mut self) {
        if !self.booked.is_empty() {
            Arc::make_mut(&mut self.shared).append(&mut self.booked);
        }
    }
}

impl From<Vec<CycleRecord>> for Cycles {
    fn from(records: Vec<CycleRecord>) -> Self {
        Self { shared: Arc::new(records), booked: Vec::new() }
    }
}

impl PartialEq for Cycles {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.since(0).eq(other.since(0))
    }
}

/// The kind of the completed cycles' field.
pub struct CyclesKind;

impl Kind for CyclesKind {
    type Value = Cycles;

    const LIST: bool = true;

    fn name() -> String {
        ListOf::<CycleRecord>::name()
    }

    fn read(value: &Value<'_>, path: Path<'_>) -> Result<Cycles, WireError> {
        ListOf::<CycleRecord>::read(value, path).map(Cycles::from)
    }

    /// The records of a patch are appended.
    fn patch(value: &Value<'_>, held: &Cycles, path: Path<'_>) -> Result<Cycles, WireError> {
        let mut cycles = held.clone();
        ListOf::<CycleRecord>::read(value, path)?.into_iter().for_each(|record| cycles.push(record));
        Ok(cycles)
    }

    fn write(value: &Cycles, out: &mut Vec<u8>) {
        write_list(value.since(0), out, CycleRecord::write);
    }

    fn pack(_: &Cycles, _: &mut Vec<u8>) {}

    fn same(one: &Cycles, other: &Cycles) -> bool {
        one.len() == other.len() && one.since(0).zip(other.since(0)).all(|(one, other)| one.same(other))
    }

    // As in the reference, records that were there before were checked before.
    fn check_fits(value: &Cycles, path: Path<'_>) -> Result<(), TooLarge> {
        let from = value.shared.len();
        value
            .booked
            .iter()
            .zip(from..)
            .try_for_each(|(record, index)| record.check_fits(Path::Item(&path, index)))
    }
}
