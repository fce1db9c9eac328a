//! The most probable path. Source: hmmlearn 0.3.3, `_hmmc.viterbi`.

use crate::interrupt::{Interrupt, Interrupted};
use crate::math::gaussian::log_densities;
use crate::math::log_space::LogModel;
use crate::parameters::Parameters;

/// The log-probability of the best path, and the state of each row on it. Fails if the caller interrupts.
///
/// Among equally probable states the last row takes the first one and every earlier row the last one, as hmmlearn does.
pub fn viterbi(p: &Parameters, x: &[f64], interrupt: &Interrupt<'_>) -> Result<(f64, Vec<i64>), Interrupted> {
    let k = p.k;
    let densities = log_densities(p, x, interrupt)?;
    let model = LogModel::new(p);
    let n = densities.len() / k;
    let mut lattice: Vec<f64> = model.start.iter().zip(&densities).map(|(s, b)| s + b).collect();
    for t in 1..n {
        for i in 0..k {
            let mut best = f64::NEG_INFINITY;
            for j in 0..k {
                let reached = lattice[(t - 1) * k + j] + model.trans[j * k + i];
                if best < reached {
                    best = reached;
                }
            }
            lattice.push(best + densities[t * k + i]);
        }
        interrupt.check(k * k)?;
    }
    let last = &lattice[(n - 1) * k..];
    let mut state = 0;
    for j in 1..k {
        if last[state] < last[j] {
            state = j;
        }
    }
    let log_probability = last[state];
    let mut path = vec![state as i64; n];
    for t in (0..n - 1).rev() {
        let mut best = (f64::NEG_INFINITY, 0);
        for i in 0..k {
            let candidate = (lattice[t * k + i] + model.trans[i * k + state], i);
            if precedes(best, candidate) {
                best = candidate;
            }
        }
        state = best.1;
        path[t] = state as i64;
        interrupt.check(k)?;
    }
    Ok((log_probability, path))
}

// C++'s `<` of pairs: the index decides between values that are equal or not comparable.
fn precedes(a: (f64, usize), b: (f64, usize)) -> bool {
    a.0 < b.0 || (!(b.0 < a.0) && a.1 < b.1)
}
