//! One round of several works that take turns on one thread: a slice of the first, a slice of the
//! second, and so on, many times. Owns the only comparison of times within this program. A change
//! of the machine's speed during a round falls on all of them alike.

use anyhow::Result;

use crate::cpu;

/// A call of what is measured.
pub(crate) type Work<'a> = &'a mut dyn FnMut() -> Result<()>;

/// The length of a round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turns {
    /// Slices of each work.
    pub(crate) slices: u32,
    /// Calls in a slice. It should take some milliseconds.
    pub(crate) calls: u32,
}

impl Turns {
    /// The calls of each work in a round.
    pub(crate) const fn total(self) -> u32 {
        self.slices * self.calls
    }

    /// Runs one round, and returns the microseconds of CPU time for one call of each work.
    pub(crate) fn run<const N: usize>(self, mut works: [Work<'_>; N]) -> Result<[f64; N]> {
        let mut seconds = [0.0; N];
        for slice in 0..self.slices {
            for turn in 0..N {
                // There and back, so that each work comes after each neighbour equally often.
                let which = if slice % 2 == 0 { turn } else { N - 1 - turn };
                let (Some(work), Some(seconds)) = (works.get_mut(which), seconds.get_mut(which)) else {
                    continue;
                };
                let before = cpu::of_this_thread();
                for _ in 0..self.calls {
                    work()?;
                }
                *seconds += (cpu::of_this_thread() - before).as_secs_f64();
            }
        }
        Ok(seconds.map(|seconds| seconds * 1e6 / f64::from(self.total())))
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use aws_lc_rs::digest::{SHA256, digest};

    use super::*;
    use crate::statistics::Series;

    const ROUNDS: usize = 21;
    const TURNS: Turns = Turns { slices: 20, calls: 10 };

    /// The ratio of two works that differ only in the number of bytes that they hash.
    fn ratio(bytes: usize, other: usize) -> f64 {
        let (one, other) = (vec![1; bytes], vec![1; other]);
        let hash = |bytes: &[u8]| {
            black_box(digest(&SHA256, black_box(bytes)));
            Ok(())
        };
        let mut ratios = Series::default();
        for _ in 0..ROUNDS {
            let [first, second] = TURNS.run([&mut || hash(&one), &mut || hash(&other)]).unwrap();
            ratios.push(second / first);
        }
        ratios.median()
    }

    #[test]
    fn a_difference_of_two_per_cent_is_seen() {
        let seen = ratio(100_000, 102_000);
        assert!((1.01..1.03).contains(&seen), "{seen}");
    }

    #[test]
    fn equal_works_have_equal_times() {
        let seen = ratio(100_000, 100_000);
        assert!((0.99..1.01).contains(&seen), "{seen}");
    }
}
