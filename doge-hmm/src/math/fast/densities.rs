//! Densities of all rows, column by column.

use std::ops::Range;

use super::{chunks, Workspace, D, STEPS_PER_ROW};
use crate::interrupt::{Interrupt, Interrupted};
use crate::math::exp::exp_of_negative;
use crate::math::gaussian::at_least_tiny;
use crate::parameters::Parameters;

impl Workspace<'_> {
    #[inline(always)]
    pub(super) fn fill_densities(
        &mut self,
        p: &Parameters,
        constants: &[f64],
        interrupt: &Interrupt<'_>,
    ) -> Result<(), Interrupted> {
        for rows in chunks(0..self.forward.len()) {
            let steps = rows.len() * STEPS_PER_ROW;
            self.fill_densities_of(rows, p, constants);
            interrupt.check(steps)?;
        }
        Ok(())
    }

    // Compute log-densities by column, then densities relative to each row's highest.
    #[inline(always)]
    fn fill_densities_of(&mut self, rows: Range<usize>, p: &Parameters, constants: &[f64]) {
        for (j, lattice) in self.densities.iter_mut().enumerate() {
            let mean: [f64; D] = std::array::from_fn(|i| p.means[j * D + i]);
            let weight: [f64; D] = std::array::from_fn(|i| -0.5 / at_least_tiny(p.covars[j * D + i]));
            let constant = -0.5 * constants[j];
            let [c0, c1, c2, c3] = self.columns.each_ref().map(|column| &column[rows.clone()]);
            let values = lattice[rows.clone()].iter_mut();
            for ((((value, x0), x1), x2), x3) in values.zip(c0).zip(c1).zip(c2).zip(c3) {
                let (z0, z1, z2, z3) = (x0 - mean[0], x1 - mean[1], x2 - mean[2], x3 - mean[3]);
                let near = z0 * z0 * weight[0] + z1 * z1 * weight[1];
                let far = z2 * z2 * weight[2] + z3 * z3 * weight[3];
                *value = constant + (near + far);
            }
        }
        let [b0, b1, b2] = self.densities.each_mut().map(|lattice| &mut lattice[rows.clone()]);
        for (((b0, b1), b2), highest) in b0.iter_mut().zip(b1).zip(b2).zip(&mut self.highest[rows]) {
            let mut top = *b0;
            top = if top < *b1 { *b1 } else { top };
            top = if top < *b2 { *b2 } else { top };
            *highest = top;
            *b0 = exp_of_negative(*b0 - top);
            *b1 = exp_of_negative(*b1 - top);
            *b2 = exp_of_negative(*b2 - top);
        }
    }
}
