//! The states that a sequence can have reached, and the values that underflow took from them.

use super::K;
use crate::parameters::Parameters;

/// Which states can be reached by now, as a number to add to a state's value: 0 if it can be, else 1.
///
/// A value that is nearly 0 of a state that can be reached was lost to underflow: later rows may be so unlikely in all other states
/// that it matters again.
pub struct Reach {
    barred: [f64; K],
    /// True once no further row changes anything.
    pub settled: bool,
}

impl Reach {
    /// Before the second row.
    pub fn new(p: &Parameters) -> Self {
        let barred = std::array::from_fn(|j| if p.startprob[j] > 0.0 { 0.0 } else { 1.0 });
        Self { barred, settled: false }
    }

    /// Go on by a row. Once a row changes nothing, no later one does.
    pub fn step(&mut self, p: &Parameters) {
        let before = self.barred;
        let leads = |i: usize, j: usize| before[i] == 0.0 && p.transmat[i * K + j] > 0.0;
        self.barred = std::array::from_fn(|j| if (0..K).any(|i| leads(i, j)) { 0.0 } else { 1.0 });
        self.settled = self.barred == before;
    }

    /// The least value of a state that can be reached; another one counts as at least 1.
    #[inline(always)]
    pub fn least(&self, a: [f64; K]) -> f64 {
        let [a0, a1, a2]: [f64; K] = std::array::from_fn(|j| a[j] + self.barred[j]);
        a0.min(a1).min(a2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::Precision;

    fn model(transmat: [[f64; K]; K]) -> Parameters {
        Parameters {
            k: K,
            d: 4,
            startprob: vec![1.0, 0.0, 0.0],
            transmat: transmat.concat(),
            means: vec![0.0; 4 * K],
            covars: vec![1.0; 4 * K],
            differences: Precision::Double,
        }
    }

    #[test]
    fn a_chain_is_followed_to_its_end() {
        let p = model([[0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0]]);
        let mut reach = Reach::new(&p);
        let mut least = vec![reach.least([0.5, 0.25, 0.125])];
        while !reach.settled {
            reach.step(&p);
            least.push(reach.least([0.5, 0.25, 0.125]));
        }
        assert_eq!(least, [0.5, 0.25, 0.125, 0.125]);
    }

    #[test]
    fn states_that_take_turns_never_settle() {
        let p = model([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]);
        let mut reach = Reach::new(&p);
        for turn in 0..10 {
            assert_eq!(reach.least([0.5, 0.25, 0.0]), if turn % 2 == 0 { 0.5 } else { 0.25 });
            reach.step(&p);
            assert!(!reach.settled);
        }
    }
}
