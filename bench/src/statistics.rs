//! Medians with their spread. Not means: a single pause of a shared machine would change them.

use std::time::Duration;

/// One value for each round.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series(Vec<f64>);

impl Series {
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// The value below which this share of the values lies.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let at = (share * (sorted.len().saturating_sub(1)) as f64).round() as usize;
        sorted.get(at).copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// Divides each value by the other's value of the same round.
    pub(crate) fn ratio_to(&self, other: &Self) -> Self {
        self.0.iter().zip(&other.0).map(|(one, other)| one / other).collect()
    }

    /// The median, with the middle half of the values in brackets.
    pub(crate) fn with_spread(&self, decimals: usize) -> String {
        let [low, middle, high] = [0.25, 0.5, 0.75].map(|share| self.quantile(share));
        format!("{middle:.decimals$} ({low:.decimals$}–{high:.decimals$})")
    }
}

impl FromIterator<f64> for Series {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

/// The time below which this share of the times lies, in milliseconds.
pub(crate) fn quantile_ms(times: &[Duration], share: f64) -> f64 {
    times.iter().map(|time| time.as_secs_f64() * 1000.0).collect::<Series>().quantile(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_values() {
        let series: Series = [5.0, 1.0, 4.0, 2.0, 3.0].into_iter().collect();
        assert_eq!((series.quantile(0.0), series.median(), series.quantile(1.0)), (1.0, 3.0, 5.0));
        assert_eq!(series.with_spread(1), "3.0 (2.0–4.0)");
        assert!(Series::default().median().is_nan());
    }

    #[test]
    fn a_ratio_is_computed_for_each_round() {
        let slow: Series = [10.0, 30.0].into_iter().collect();
        let fast: Series = [1.0, 3.0].into_iter().collect();
        assert_eq!(slow.ratio_to(&fast).with_spread(0), "10 (10–10)");
    }
}
