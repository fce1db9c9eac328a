//! Locks around what an object holds.
//!
//! PyO3's own borrows fail where a call meets another one on the same object: a clock or a log handler that calls back, a second
//! thread. These wait instead. None is held while Python runs, so none waits for long: what is replaced is dropped after.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Hold it; what a panic left behind is taken as it is.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
