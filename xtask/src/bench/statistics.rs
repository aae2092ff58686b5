//! Medians and quartiles.

use serde::Serialize;

/// The distribution of the measurements of one figure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Half of the samples are at most this.
    pub median: f64,
    /// A quarter of the samples are at most this.
    pub lower_quartile: f64,
    /// Three quarters of the samples are at most this.
    pub upper_quartile: f64,
    /// The number of samples.
    pub count: usize,
}

impl Summary {
    /// Summarizes the samples, in any order. `None` without samples.
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

    /// The range of the middle half, which indicates the spread of a single measurement.
    pub fn interquartile_range(&self) -> f64 {
        self.upper_quartile - self.lower_quartile
    }
}

/// Interpolates linearly between neighbours (type 7 of Hyndman and Fan, the default of R and NumPy).
fn quantile(sorted: &[f64], part: f64) -> Option<f64> {
    let place = part * (sorted.len().checked_sub(1)? as f64);
    let below = place.floor() as usize;
    let (low, high) = (sorted.get(below)?, sorted.get(below + 1).or_else(|| sorted.get(below))?);
    Some(low + (high - low) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From R's `quantile` with type 7, and NumPy's `percentile`.
    #[test]
    fn quartiles_match_r_and_numpy() {
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
    fn outlier_barely_changes_median_and_range() {
        let summary = Summary::of(&[10.0, 11.0, 12.0, 13.0, 900.0]).unwrap();
        assert_eq!((summary.median, summary.interquartile_range()), (12.0, 2.0));
    }

    #[test]
    fn no_samples_have_no_summary() {
        assert_eq!(Summary::of(&[]), None);
    }
}
