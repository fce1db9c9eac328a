//! Locks around the fields of an object.
//!
//! PyO3's own borrows fail if two calls use one object at the same time, from two threads or because a clock or a log handler
//! calls back. These locks wait instead, and not for long: none is held while Python code runs, so replaced values are dropped
//! after the lock is released.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Lock the mutex, even if a thread panicked while it held the lock.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
