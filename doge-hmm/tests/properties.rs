//! Properties that hold for every input.

use doge_hmm::features::{Periods, N_FEATURES};
use doge_hmm::hmm::initialise;
use doge_hmm::interrupt::Interrupt;
use doge_hmm::kmeans::k_means;
use doge_hmm::math::baum_welch::{Implementation, Rounds, Updates};
use doge_hmm::math::viterbi::viterbi;
use doge_hmm::parameters::{Parameters, Precision};
use doge_hmm::regime::{judge, round_4, train};
use doge_hmm::rng::RandomState;
use proptest::collection::vec;
use proptest::prelude::*;

const COVARS_PRIOR: f64 = 1e-2;

/// A distribution over `k` states, none of them impossible.
fn distributions(k: usize) -> impl Strategy<Value = Vec<f64>> {
    vec(0.01..1.0f64, k).prop_map(|weights| {
        let sum: f64 = weights.iter().sum();
        weights.iter().map(|weight| weight / sum).collect()
    })
}

/// Models of 1 to 5 states and 1 to 5 features, often the detector's own 3 and 4.
fn models() -> impl Strategy<Value = Parameters> {
    prop_oneof![Just((3, 4)), (1..6usize, 1..6usize)].prop_flat_map(|(k, d)| models_of(k, d))
}

fn models_of(k: usize, d: usize) -> impl Strategy<Value = Parameters> {
    let rows = vec(distributions(k), k).prop_map(|rows| rows.concat());
    (distributions(k), rows, vec(-3.0..3.0f64, k * d), vec(0.05..4.0f64, k * d)).prop_map(
        move |(startprob, transmat, means, covars)| Parameters {
            k,
            d,
            startprob,
            transmat,
            means,
            covars,
            differences: Precision::Double,
        },
    )
}

/// A model, and rows that it might have emitted.
fn modelled_rows() -> impl Strategy<Value = (Parameters, Vec<f64>)> {
    models().prop_flat_map(|p| rows_for(p, 1))
}

/// A model, and more rows than it has parameters to fit to them.
fn modelled_histories() -> impl Strategy<Value = (Parameters, Vec<f64>)> {
    models().prop_flat_map(|p| rows_for(p, 30))
}

fn rows_for(p: Parameters, n_min: usize) -> impl Strategy<Value = (Parameters, Vec<f64>)> {
    let d = p.d;
    let values = (n_min..n_min + 60).prop_flat_map(move |n| vec(-5.0..5.0f64, n * d));
    (Just(p), values)
}

/// Any number at all: every pattern of bits.
fn anything() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        -10.0..10.0f64,
        Just(0.0),
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::MAX),
        Just(f64::MIN_POSITIVE),
    ]
}

fn sums_to_one(row: &[f64]) -> bool {
    (row.iter().sum::<f64>() - 1.0).abs() < 1e-9 && row.iter().all(|p| (-1e-12..=1.0 + 1e-9).contains(p))
}

fn once(updates: Updates) -> Rounds {
    Rounds { n_iter: 1, tol: 0.0, implementation: Implementation::Log, updates, squares: Precision::Double }
}

/// The objective that EM with a prior on the variances climbs.
fn penalised(p: &Parameters, log_likelihood: f64) -> f64 {
    log_likelihood - 0.5 * p.covars.iter().map(|v| COVARS_PRIOR / v).sum::<f64>()
}

fn permuted(p: &Parameters, order: &[usize]) -> Parameters {
    let rows =
        |values: &[f64], d: usize| order.iter().flat_map(|&j| values[j * d..(j + 1) * d].to_vec()).collect();
    Parameters {
        k: p.k,
        d: p.d,
        startprob: order.iter().map(|&j| p.startprob[j]).collect(),
        transmat: order.iter().flat_map(|&i| order.iter().map(move |&j| p.transmat[i * p.k + j])).collect(),
        means: rows(&p.means, p.d),
        covars: rows(&p.covars, p.d),
        differences: p.differences,
    }
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-8 * (1.0 + a.abs().max(b.abs()))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn probabilities_sum_to_one((p, x) in modelled_rows()) {
        for how in [Implementation::Log, Implementation::Scaling] {
            let (_, posteriors) = p.score_samples(&x, how, &Interrupt::never()).unwrap();
            prop_assert!(posteriors.chunks_exact(p.k).all(sums_to_one));
        }
        prop_assert!(p.filter(&x, &Interrupt::never()).unwrap().chunks_exact(p.k).all(sums_to_one));
    }

    #[test]
    fn both_implementations_agree((p, x) in modelled_rows()) {
        let (log, scaling) = (p.score(&x, Implementation::Log, &Interrupt::never()).unwrap(), p.score(&x, Implementation::Scaling, &Interrupt::never()).unwrap());
        prop_assert!(close(log, scaling), "{} {}", log, scaling);
        let filtered = p.filter(&x, &Interrupt::never()).unwrap();
        let (_, smoothed) = p.score_samples(&x, Implementation::Log, &Interrupt::never()).unwrap();
        for (a, b) in filtered.iter().rev().zip(smoothed.iter().rev()).take(p.k) {
            prop_assert!((a - b).abs() < 1e-9);
        }
    }

    #[test]
    fn training_keeps_distributions_and_never_falls((mut p, x) in modelled_histories()) {
        let n = x.len() / p.d;
        let mut before = f64::NEG_INFINITY;
        for _ in 0..8 {
            let current = penalised(&p, p.score(&x, Implementation::Log, &Interrupt::never()).unwrap());
            prop_assert!(current >= before - 1e-7 * (1.0 + before.abs()), "{} after {}", current, before);
            before = current;
            p.fit(&x, &[n], &once(Updates::ALL), &Interrupt::never());
            prop_assert!(sums_to_one(&p.startprob));
            // A state that is only ever left at the very end has no row of its own.
            let abandoned = |row: &[f64]| row.iter().all(|&probability| probability == 0.0);
            prop_assert!(p.transmat.chunks_exact(p.k).all(|row| sums_to_one(row) || abandoned(row)));
            if p.transmat.chunks_exact(p.k).any(abandoned) {
                break;
            }
        }
    }

    #[test]
    fn the_order_of_the_states_does_not_matter((p, x) in modelled_rows()) {
        let order: Vec<usize> = (0..p.k).rev().collect();
        let other = permuted(&p, &order);
        let n = x.len() / p.d;
        prop_assert!(close(p.score(&x, Implementation::Log, &Interrupt::never()).unwrap(), other.score(&x, Implementation::Log, &Interrupt::never()).unwrap()));
        let (mut fitted, mut other_fitted) = (p.clone(), other);
        fitted.fit(&x, &[n], &once(Updates::ALL), &Interrupt::never());
        other_fitted.fit(&x, &[n], &once(Updates::ALL), &Interrupt::never());
        let expected = permuted(&fitted, &order);
        for (a, b) in expected.means.iter().zip(&other_fitted.means).chain(expected.transmat.iter().zip(&other_fitted.transmat)) {
            prop_assert!(close(*a, *b), "{} {}", a, b);
        }
    }

    #[test]
    fn a_best_path_is_no_worse_than_any_single_state((p, x) in modelled_rows()) {
        let (log_probability, path) = viterbi(&p, &x, &Interrupt::never()).unwrap();
        prop_assert_eq!(path.len(), x.len() / p.d);
        prop_assert!(path.iter().all(|&state| (0..p.k as i64).contains(&state)));
        prop_assert!(log_probability <= p.score(&x, Implementation::Log, &Interrupt::never()).unwrap() + 1e-9);
    }

    #[test]
    fn features_are_what_their_definitions_say(
        closes in vec(0.01..2.0f64, 15..80),
        seed in any::<u32>(),
    ) {
        let mut rng = RandomState::new(seed);
        let volumes: Vec<f64> = closes.iter().map(|_| rng.uniform() * 1e6).collect();
        let rows = Periods::default().extract(&closes, &volumes, &Interrupt::never()).unwrap();
        prop_assert_eq!(rows.len(), (closes.len() - 14) * N_FEATURES);
        let last = closes.len() - 1;
        let row = &rows[rows.len() - N_FEATURES..];
        let histogram = |t: usize| {
            let macd: Vec<f64> = (0..=t).map(|i| average(&closes[..=i], 12) - average(&closes[..=i], 26)).collect();
            macd[t] - average(&macd, 9)
        };
        prop_assert!((row[0] - (histogram(last) - histogram(last - 1))).abs() < 1e-10);
        prop_assert!((row[1] - (average(&closes, 9) / average(&closes, 21) - 1.0)).abs() < 1e-10);
        prop_assert!((row[2] - (strength(&closes) - 50.0) / 50.0).abs() < 1e-9);
        prop_assert!((row[3] - volumes[last] / average(&volumes, 20)).abs() < 1e-9);
    }

    #[test]
    fn nothing_panics(
        values in vec(anything(), 0..400),
        k in 1..5usize,
        seed in any::<u32>(),
    ) {
        let half = values.len() / 2;
        let never = Interrupt::never();
        let rows = Periods::default().extract(&values[..half], &values[half..2 * half], &never).unwrap();
        prop_assert!(rows.iter().all(|value| value.is_finite()));
        let whole = &values[..values.len() / N_FEATURES * N_FEATURES];
        let _ = train(whole, 5, &never);
        let mut rng = RandomState::new(seed);
        let _ = k_means(&values, 1, k, || rng.uniform(), &never);
        let narrow: Vec<f32> = values.iter().map(|&value| value as f32).collect();
        let _ = k_means(&narrow, 1, k, || rng.uniform(), &never);
        if let Ok(start) = initialise(whole, k, N_FEATURES, seed, 1e-3, &never) {
            let mut p = start.parameters;
            let n = whole.len() / N_FEATURES;
            for implementation in [Implementation::Log, Implementation::Scaling] {
                let _ = p.fit(whole, &[n], &Rounds { n_iter: 3, tol: 1e-2, implementation, updates: Updates::ALL, squares: Precision::Double }, &never);
            }
            let _ = (viterbi(&p, whole, &never), p.filter(whole, &never), p.check(), p.score_samples(whole, Implementation::Log, &never));
        }
    }

    #[test]
    fn a_verdict_stays_in_its_range(a in 0.0..1.0f64, b in 0.0..1.0f64, threshold in 0.0..1.0f64, gain in -1e3..1e3f64) {
        let (a, b) = if a + b > 1.0 { (1.0 - a, 1.0 - b) } else { (a, b) };
        let verdict = judge(&[a, b, 1.0 - a - b], threshold, gain);
        prop_assert!((0.0..=1.0).contains(&verdict.confidence) && (-1.0..=1.0).contains(&verdict.bias_signal));
        prop_assert!(verdict.regime < 3);
        prop_assert_eq!(round_4(verdict.confidence), verdict.confidence);
    }
}

/// An exponential moving average, written out as the weighted sum that it is.
fn average(values: &[f64], span: usize) -> f64 {
    let alpha = 2.0 / (span as f64 + 1.0);
    let n = values.len();
    (0..n)
        .map(|i| values[i] * (1.0 - alpha).powi((n - 1 - i) as i32) * if i == 0 { 1.0 } else { alpha })
        .sum()
}

/// Wilder's index, by its weights.
fn strength(closes: &[f64]) -> f64 {
    let wilder = |pick: fn(f64) -> f64| {
        let moves: Vec<f64> = closes.windows(2).map(|pair| pick(pair[1] - pair[0])).collect();
        let first = moves[..14].iter().sum::<f64>() / 14.0;
        moves[14..].iter().fold(first, |average, x| average * 13.0 / 14.0 + x / 14.0)
    };
    let (gain, loss) = (wilder(|x| x.max(0.0)), wilder(|x| (-x).max(0.0)));
    let loss = if loss == 0.0 { 1e-10 } else { loss };
    100.0 - 100.0 / (1.0 + gain / loss)
}
