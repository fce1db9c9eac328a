use super::*;
use crate::rng::RandomState;

fn clustered<T: Real>(x: &[T], d: usize, k: usize) -> Result<Clustering<T>, KMeansError> {
    let mut rng = RandomState::new(42);
    k_means(x, d, k, || rng.uniform(), &Interrupt::never())
}

#[test]
fn finds_clusters_that_lie_apart() {
    let x: Vec<f64> = (0..90).map(|i| f64::from(i % 3) * 100.0 + f64::from(i / 3) * 0.01).collect();
    let mut centres = clustered(&x, 1, 3).unwrap().centres;
    centres.sort_by(f64::total_cmp);
    for (centre, expected) in centres.iter().zip([0.145, 100.145, 200.145]) {
        assert!((centre - expected).abs() < 1e-12, "{centre} {expected}");
    }
}

#[test]
fn loops_for_a_known_and_for_any_number_of_features_agree() {
    let mut rng = RandomState::new(7);
    let narrow: Vec<f64> = (0..4 * 501).map(|_| rng.uniform()).collect();
    // Features that never vary change nothing but the tolerance, which stays within reach of no round here.
    let wide: Vec<f64> = narrow.chunks_exact(4).flat_map(|row| row.iter().copied().chain([0.0; 5])).collect();
    let known = clustered(&narrow, 4, 3).unwrap().centres;
    let any = clustered(&wide, 9, 3).unwrap().centres;
    for (ours, theirs) in known.chunks_exact(4).zip(any.chunks_exact(9)) {
        assert_eq!(ours, &theirs[..4]);
    }
}

#[test]
fn fewer_rows_than_clusters_are_refused() {
    let error = clustered(&[1.0, 2.0], 1, 3).unwrap_err();
    assert_eq!(error.to_string(), "n_samples=2 should be >= n_clusters=3.");
}

#[test]
fn duplicates_are_counted_once() {
    assert_eq!(clustered(&[1.0, 1.0, 1.0, 2.0], 1, 3).unwrap().distinct, 2);
}

#[test]
fn an_interruption_stops_it() {
    let mut rng = RandomState::new(7);
    let x: Vec<f32> = (0..4 * 200_000).map(|_| rng.uniform() as f32).collect();
    let requested = || true;
    let started = std::time::Instant::now();
    let found = k_means(&x, 4, 20, || rng.uniform(), &Interrupt::new(&requested));
    assert_eq!(found.unwrap_err(), KMeansError::Interrupted);
    assert!(started.elapsed().as_secs_f64() < 2.0);
}
