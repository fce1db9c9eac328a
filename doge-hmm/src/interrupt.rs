//! Interruption of long computations, Ctrl-C above all.

use std::cell::Cell;
use std::time::{Duration, Instant};

// The steps of work, each of about a nanosecond, between two looks at the clock.
const STEPS_PER_LOOK: u64 = 100_000;
const INTERVAL: Duration = Duration::from_millis(100);

/// The error of a computation that its caller asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupted;

/// Asks the caller now and then whether the computation has to stop.
pub struct Interrupt<'a> {
    requested: &'a dyn Fn() -> bool,
    steps: Cell<u64>,
    next: Cell<Instant>,
}

impl<'a> Interrupt<'a> {
    /// Ask `requested` every tenth of a second, from a tenth of a second on.
    pub fn new(requested: &'a dyn Fn() -> bool) -> Self {
        Self { requested, steps: Cell::new(0), next: Cell::new(Instant::now() + INTERVAL) }
    }

    /// Never stop.
    pub fn never() -> Self {
        Self::new(&|| false)
    }

    /// Count steps of work since the last call, about a nanosecond each. Fails if the computation has to stop.
    ///
    /// Computations call this at least every hundred million steps.
    #[inline]
    pub fn check(&self, steps: usize) -> Result<(), Interrupted> {
        let done = self.steps.get().saturating_add(steps as u64);
        self.steps.set(done);
        if done < STEPS_PER_LOOK {
            return Ok(());
        }
        self.look()
    }

    #[cold]
    fn look(&self) -> Result<(), Interrupted> {
        self.steps.set(0);
        let now = Instant::now();
        if now < self.next.get() {
            return Ok(());
        }
        if (self.requested)() {
            return Err(Interrupted);
        }
        self.next.set(Instant::now() + INTERVAL);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_after_a_tenth_of_a_second_and_then_stops() {
        let asked = Cell::new(0);
        let requested = || {
            asked.set(asked.get() + 1);
            asked.get() == 2
        };
        let started = Instant::now();
        let interrupt = Interrupt::new(&requested);
        while interrupt.check(1000).is_ok() {}
        assert_eq!(asked.get(), 2);
        assert!(started.elapsed() >= 2 * INTERVAL);
    }

    #[test]
    fn little_work_never_looks_at_the_clock() {
        let interrupt =
            Interrupt { requested: &|| true, steps: Cell::new(0), next: Cell::new(Instant::now()) };
        assert_eq!(interrupt.check(STEPS_PER_LOOK as usize - 1), Ok(()));
        assert_eq!(interrupt.check(1), Err(Interrupted));
    }
}
