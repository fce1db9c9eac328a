use super::*;
use crate::math::baum_welch::Implementation;
use crate::math::log_space;
use crate::rng::RandomState;

#[test]
fn agrees_with_the_logarithmic_step() {
    let mut rng = RandomState::new(3);
    for n in [1, 2, 3, 50, 777] {
        let x: Vec<f64> = (0..n * D).map(|_| 4.0 * rng.uniform() - 2.0).collect();
        let p = Parameters {
            k: K,
            d: D,
            startprob: rng.dirichlet(K),
            transmat: (0..K).flat_map(|_| rng.dirichlet(K)).collect(),
            means: (0..K * D).map(|_| rng.uniform() - 0.5).collect(),
            covars: (0..K * D).map(|_| rng.uniform() + 0.01).collect(),
            differences: Precision::Double,
        };
        let never = Interrupt::never();
        let fast = Workspace::new(&x).e_step(&p, &never).unwrap().expect("nothing is extreme here");
        let slow = log_space::e_step(&p, &x, Precision::Double, &never).unwrap();
        close(&[fast.log_likelihood], &[slow.log_likelihood]);
        close(&fast.start, &slow.start);
        close(&fast.trans, &slow.trans);
        close(&fast.post, &slow.post);
        close(&fast.obs, &slow.obs);
        close(&fast.obs2, &slow.obs2);
        let (_, posteriors) = p.score_samples(&x, Implementation::Log, &never).expect("logarithms always do");
        let last = Workspace::new(&x).last_posterior(&p, &never).unwrap().expect("nothing is extreme here");
        close(&last, &posteriors[posteriors.len() - K..]);
    }
}

fn close(ours: &[f64], theirs: &[f64]) {
    for (a, b) in ours.iter().zip(theirs) {
        assert!((a - b).abs() <= 1e-10 * (1.0 + b.abs()), "{a} {b}");
    }
}

#[test]
fn leaves_what_is_extreme_to_logarithms() {
    let x = [0.0, 0.0, 0.0, 0.0, 1e5, 0.0, 0.0, 0.0];
    let p = Parameters {
        k: K,
        d: D,
        startprob: vec![1.0, 0.0, 0.0],
        transmat: vec![1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        means: [[0.0; D], [1e5, 0.0, 0.0, 0.0], [-1.0; D]].concat(),
        covars: vec![1.0; K * D],
        differences: Precision::Double,
    };
    assert_eq!(Workspace::new(&x).e_step(&p, &Interrupt::never()), Ok(None));
}

// A state that one row makes nearly impossible, and the next ones make the only one: 0 goes on to 2, which is never left.
fn comes_back() -> (Parameters, Vec<f64>) {
    let p = Parameters {
        k: K,
        d: D,
        startprob: vec![1.0, 0.0, 0.0],
        transmat: vec![0.9, 0.1 - 1e-139, 1e-139, 0.0, 0.9, 0.1, 0.0, 0.0, 1.0],
        means: [[0.0; D], [-40.0, 0.0, 0.0, 0.0], [40.0, 0.0, 0.0, 0.0]].concat(),
        covars: vec![1.0; K * D],
        differences: Precision::Double,
    };
    // No row alone takes the sum out of the range of a double.
    let rows = [0.0, 0.0, 40.0, 5.0, 5.0, 5.0, 5.0].map(|x| [x, 0.0, 0.0, 0.0]).concat();
    (p, rows)
}

#[test]
fn forgets_no_state_that_may_matter_again() {
    let (p, x) = comes_back();
    let never = Interrupt::never();
    assert_eq!(Workspace::new(&x).last_posterior(&p, &never), Ok(None));
    assert_eq!(Workspace::new(&x).e_step(&p, &never), Ok(None));
}

#[test]
fn a_state_that_cannot_be_reached_needs_no_logarithms() {
    let (mut p, _) = comes_back();
    let x = vec![0.0; 5 * D];
    p.transmat = vec![1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
    let last = Workspace::new(&x).last_posterior(&p, &Interrupt::never()).unwrap();
    assert_eq!(last, Some([1.0, 0.0, 0.0]));
}

#[test]
fn whatever_it_answers_is_what_logarithms_say() {
    let mut rng = RandomState::new(11);
    let never = Interrupt::never();
    let (mut answered, mut left) = (0, 0);
    for _ in 0..4000 {
        let places: [f64; K] = std::array::from_fn(|_| (120.0 * rng.uniform() - 60.0).round());
        let mut transmat: Vec<f64> = (0..K).flat_map(|_| rng.dirichlet(K)).collect();
        for value in &mut transmat {
            let draw = rng.uniform();
            *value *= if draw < 0.3 { 0.0 } else { 10_f64.powf(-300.0 * (draw - 0.7).max(0.0)) };
        }
        let p = Parameters {
            k: K,
            d: D,
            startprob: vec![1.0, 0.0, 0.0],
            transmat,
            means: places.iter().flat_map(|&place| [place, 0.0, 0.0, 0.0]).collect(),
            covars: vec![1.0; K * D],
            differences: Precision::Double,
        };
        // Rows near one state, or between two, in turns.
        let row = |rng: &mut RandomState| {
            let (one, other) =
                (places[(3.0 * rng.uniform()) as usize], places[(3.0 * rng.uniform()) as usize]);
            let share = rng.uniform();
            [one * share + other * (1.0 - share), 0.0, 0.0, 0.0]
        };
        let x: Vec<f64> = (0..9).flat_map(|_| row(&mut rng)).collect();
        let (whole, posteriors) =
            p.score_samples(&x, Implementation::Log, &never).expect("logarithms always do");
        match Workspace::new(&x).last_posterior(&p, &never).unwrap() {
            Some(last) if whole.is_finite() => {
                answered += 1;
                for (a, b) in last.iter().zip(&posteriors[posteriors.len() - K..]) {
                    assert!((a - b).abs() <= 1e-7, "{last:?} {posteriors:?} {x:?} {p:?}");
                }
            }
            _ => left += 1,
        }
    }
    assert!(answered > 200 && left > 200, "{answered} {left}");
}
