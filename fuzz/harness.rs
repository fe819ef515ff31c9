//! Runs one fuzz target. As an ordinary test: the corpus, and changed copies of it. Built by `cargo xtask fuzz`
//! (`--cfg fuzzing`): libFuzzer, led by what the input reaches, until its time is over.

/// Runs `target` on the inputs of `fuzz/corpus/NAME` and on others. The target panics where something does not hold, and
/// answers whether the input was accepted: a corpus of which fewer than `accepted` get through proves nothing, and neither
/// does one that nobody finds.
#[cfg(not(fuzzing))]
pub(crate) fn fuzz(name: &str, accepted: usize, target: fn(&[u8]) -> bool) {
    use proptest::prelude::*;
    use proptest::sample::{Index, select};
    use proptest::test_runner::{Config, TestRng, TestRunner};

    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("fuzz/corpus"))
        .find(|folder| folder.is_dir())
        .unwrap()
        .join(name);
    let mut corpus: Vec<Vec<u8>> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .collect();
    corpus.sort();
    let taken = corpus.iter().filter(|input| target(input)).count();
    assert!(taken >= accepted, "{name}: {taken} are accepted");

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
    // PROPTEST_CASES asks for more.
    let config = Config { failure_persistence: None, ..Config::default() };
    let config = Config { cases: config.cases.max(512), ..config };
    // The same inputs in every run: new ones are for the long run, which is not somebody's build.
    let random = TestRng::deterministic_rng(config.rng_algorithm);
    let outcome = TestRunner::new_with_rng(config, random).run(&inputs, |input| {
        target(&input);
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{name}: {failure}"));
}

/// See above; the corpus is libFuzzer's, and the process ends with it.
#[cfg(fuzzing)]
pub(crate) fn fuzz(_name: &str, _accepted: usize, target: fn(&[u8]) -> bool) {
    bolero::check!().for_each(move |input: &[u8]| {
        target(input);
    });
}
