//! Medians and quartiles.

use serde::Serialize;

/// What is said of many measurements of one thing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Half of them are no greater.
    pub median: f64,
    /// A quarter of them are no greater.
    pub lower_quartile: f64,
    /// Three quarters of them are no greater.
    pub upper_quartile: f64,
    /// How many there are.
    pub count: usize,
}

impl Summary {
    /// Of these, in any order; `None` where there are none.
    pub fn of(samples: &[f64]) -> Option<Self> {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            median: quantile(&sorted, 0.5)?,
            lower_quartile: quantile(&sorted, 0.25)?,
            upper_quartile: quantile(&sorted, 0.75)?,
            count: sorted.len(),
        })
    }

    /// The width of the middle half: how much chance there is in a single measurement.
    pub fn interquartile_range(&self) -> f64 {
        self.upper_quartile - self.lower_quartile
    }
}

/// Between two neighbours on a straight line (type 7 of Hyndman and Fan, as R and NumPy have it by default).
fn quantile(sorted: &[f64], part: f64) -> Option<f64> {
    let place = part * (sorted.len().checked_sub(1)? as f64);
    let below = place.floor() as usize;
    let (low, high) = (sorted.get(below)?, sorted.get(below + 1).or_else(|| sorted.get(below))?);
    Some(low + (high - low) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From `quantile(c(…))` of R's manual page for type 7, and NumPy's `percentile`.
    #[test]
    fn quartiles_are_those_of_r_and_numpy() {
        let of = |samples: &[f64]| {
            let summary = Summary::of(samples).unwrap();
            (summary.lower_quartile, summary.median, summary.upper_quartile)
        };
        assert_eq!(of(&[7.0]), (7.0, 7.0, 7.0));
        assert_eq!(of(&[2.0, 1.0]), (1.25, 1.5, 1.75));
        assert_eq!(of(&[4.0, 1.0, 3.0, 2.0]), (1.75, 2.5, 3.25));
        assert_eq!(of(&[5.0, 1.0, 3.0, 2.0, 4.0]), (2.0, 3.0, 4.0));
    }

    #[test]
    fn one_that_went_astray_moves_neither_median_nor_range_far() {
        let summary = Summary::of(&[10.0, 11.0, 12.0, 13.0, 900.0]).unwrap();
        assert_eq!((summary.median, summary.interquartile_range()), (12.0, 2.0));
    }

    #[test]
    fn nothing_has_no_median() {
        assert_eq!(Summary::of(&[]), None);
    }
}
