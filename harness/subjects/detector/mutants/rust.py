"""Bugs that the Rust detector has had, or almost had. A bug that is also in `historical.py` has the same name."""

from __future__ import annotations

from functools import partial

from harness.mutants.compiled import CompiledBug

_bug = partial(CompiledBug, operator="rust")

RUST: tuple[CompiledBug, ...] = (
    _bug(name="prior_of_zero", file="src/math/baum_welch.rs", change="the variances have no prior",
         old="const COVARS_PRIOR: f64 = 1e-2;", new="const COVARS_PRIOR: f64 = 0.0;"),
    _bug(
        name="one_step_too_many",
        file="src/math/baum_welch.rs",
        change="another round of EM after the last one",
        old="    history\n}\n",
        new=(
            "    if let Ok((stats, _)) = sequences.e_step(p, rounds.implementation, interrupt) {\n"
            "        m_step(p, &stats, rounds.updates);\n"
            "    }\n"
            "    history\n}\n"
        ),
    ),
    _bug(name="late_stop", file="src/math/baum_welch.rs", change="EM stops at a tenth of the tolerance",
         old="last - before < rounds.tol", new="last - before < rounds.tol * 0.1"),
    _bug(name="swapped_labels", file="src/regime.rs", change="bullish and bearish change places", old="labels[state] = rank;",
         new="labels[state] = N_STATES - 1 - rank;"),
    _bug(name="sample_deviation", file="src/regime.rs", change="the standard deviation of a sample, not of a population",
         old="*value = (*value / n).sqrt();", new="*value = (*value / (n - 1.0).max(1.0)).sqrt();"),
    _bug(name="other_seed", file="src/regime.rs", change="the detector trains from another seed", old="const SEED: u32 = 42;",
         new="const SEED: u32 = 43;"),
    _bug(name="rsi_one_off", file="src/features.rs", change="RSI is read one candle off",
         old="let (up, down) = gain_and_loss(closes[t - 1], closes[t]);\n                gain",
         new="let (up, down) = gain_and_loss(closes[t - 2], closes[t - 1]);\n                gain"),
    _bug(name="average_over_all_but_one", file="src/math/ema.rs", change="the smoothing of the averages is 2 / span",
         old="2.0 / (span as f64 + 1.0)", new="(2.0 / span as f64).min(1.0)"),
    _bug(name="no_floor", file="src/hmm.rs", change="the first variances have no floor", old="/ (n - 1.0) + min_covar",
         new="/ (n - 1.0) + 0.0 * min_covar"),
    _bug(name="one_kmeans_run", file="src/kmeans.rs", change="one run of k-means where there are ten",
         old="const RUNS: usize = 10;", new="const RUNS: usize = 1;"),
    _bug(name="continued_stream", file="src/hmm.rs",
         change="k-means goes on with the random numbers where it starts them anew",
         old="    let mut rng = RandomState::new(seed);\n    let clustering", new="    let clustering"),
    _bug(name="other_tie", file="src/math/viterbi.rs", change="Viterbi takes the first of equal paths everywhere",
         old="a.0 < b.0 || (!(b.0 < a.0) && a.1 < b.1)",
         new="a.0 < b.0 || (!(b.0 < a.0) && a.1 < b.1 && a.0 == f64::NEG_INFINITY)"),
    _bug(name="rounded_down", file="src/regime/verdict.rs",
         change="the confidence and the bias are cut to four decimals where they should be rounded",
         old="        return scaled.round() / 1e4;\n", new="        return scaled.trunc() / 1e4;\n"),
    _bug(name="keeps_minus_zero", file="src/regime/verdict.rs", change="a bias of zero keeps its sign",
         old="bias_signal: round_4(bias) + 0.0", new="bias_signal: round_4(bias)"),
)  # fmt: skip
