//! Runs a fuzz target: a function that takes any bytes and panics if a property does not hold.
//!
//! Owns the corpus (`fuzz/corpus`) and the two ways to run a target: as an ordinary test, or under
//! libFuzzer in a build of `cargo xtask fuzz` (`--cfg fuzzing`). Uses no code of the product. Only
//! tests depend on this crate; it is not published.

#![cfg_attr(
    not(fuzzing),
    allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports its failure")
)]

/// Runs `target` on every file of `fuzz/corpus/NAME` and on at least 512 mutated copies of them;
/// the environment variable `PROPTEST_CASES` can raise that number.
///
/// `target` returns whether it accepted the input.
///
/// # Panics
///
/// Panics if `target` does, if the corpus cannot be read, or if `target` accepts fewer than
/// `min_accepted` files of the corpus: the checks behind the first ones would then not be reached.
#[cfg(not(fuzzing))]
pub fn fuzz(name: &str, min_accepted: usize, target: fn(&[u8]) -> bool) {
    use proptest::prelude::*;
    use proptest::sample::{Index, select};
    use proptest::test_runner::{Config, TestRng, TestRunner};

    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut corpus: Vec<Vec<u8>> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .collect();
    corpus.sort();
    let accepted = corpus.iter().filter(|input| target(input)).count();
    assert!(accepted >= min_accepted, "{name}: only {accepted} files of the corpus are accepted");

    let edits = proptest::collection::vec((0..4u8, any::<Index>(), any::<Index>(), any::<u8>()), 0..6);
    let inputs = (select(corpus), edits).prop_map(|(mut input, edits)| {
        for (kind, from, to, byte) in edits {
            let (from, to) = (from.index(input.len() + 1), to.index(input.len() + 1));
            let range = from.min(to)..from.max(to);
            match kind {
                0 => input.insert(from, byte),
                1 => input.iter_mut().skip(from).take(1).for_each(|old| *old = byte),
                2 => drop(input.drain(range)),
                _ => input.splice(from..from, input.get(range).unwrap_or_default().to_vec()).for_each(drop),
            }
        }
        input
    });
    let config = Config { failure_persistence: None, ..Config::default() };
    let config = Config { cases: config.cases.max(512), ..config };
    // Every run tries the same inputs, so that a build does not fail by chance. `cargo xtask fuzz`
    // searches for new ones.
    let random = TestRng::deterministic_rng(config.rng_algorithm);
    let outcome = TestRunner::new_with_rng(config, random).run(&inputs, |input| {
        target(&input);
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{name}: {failure}"));
}

/// Runs `target` under libFuzzer, which has its own corpus and ends the process. `_name` and
/// `_min_accepted` are for the ordinary test only.
#[cfg(fuzzing)]
pub fn fuzz(_name: &str, _min_accepted: usize, target: fn(&[u8]) -> bool) {
    bolero::check!().for_each(move |input: &[u8]| {
        target(input);
    });
}
