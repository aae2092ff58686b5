//! One line of the table: a measurement with its unit, floor and goal.

use serde::Serialize;

use super::statistics::Summary;

/// The unit of a number. Samples use the base unit: seconds or bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Formatted in seconds, milliseconds or microseconds.
    Seconds,
    /// Formatted in MiB or KiB.
    Bytes,
    /// A number without a unit.
    Count,
    /// A ratio.
    Times,
}

/// A limit for the median.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// The median is at most this.
    AtMost(f64),
    /// The median is at most this many times the floor's median.
    TimesFloor(f64),
}

/// One measured quantity.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// The name.
    pub name: String,
    /// The unit of the samples.
    pub unit: Unit,
    /// Every measurement, in the order taken.
    pub samples: Vec<f64>,
    /// The interleaved measurements of the floor. Empty if there is no floor.
    pub floor: Vec<f64>,
    /// The goal, if there is one.
    pub goal: Option<Goal>,
}

impl Figure {
    /// Creates a figure without floor and goal.
    pub fn new(name: impl Into<String>, unit: Unit, samples: Vec<f64>) -> Self {
        Self { name: name.into(), unit, samples, floor: Vec::new(), goal: None }
    }

    /// Adds the measurements of the floor.
    #[must_use]
    pub fn with_floor(mut self, floor: Vec<f64>) -> Self {
        self.floor = floor;
        self
    }

    /// Adds a goal.
    #[must_use]
    pub fn with_goal(mut self, goal: Goal) -> Self {
        self.goal = Some(goal);
        self
    }

    /// Median and quartiles. `None` without samples.
    pub fn summary(&self) -> Option<Summary> {
        Summary::of(&self.samples)
    }

    /// The ratio of the median to the floor's median.
    pub fn times_floor(&self) -> Option<f64> {
        Some(self.summary()?.median / Summary::of(&self.floor)?.median)
    }

    /// Whether the goal is met. `None` without a goal, or if the measurements for it are missing.
    pub fn meets_goal(&self) -> Option<bool> {
        match self.goal? {
            Goal::AtMost(limit) => Some(self.summary()?.median <= limit),
            Goal::TimesFloor(limit) => Some(self.times_floor()? <= limit),
        }
    }
}

/// Formats a number with its unit, in three digits.
pub(super) fn format_value(value: f64, unit: Unit) -> String {
    const KIB: f64 = 1024.0;
    let (value, unit) = match unit {
        Unit::Seconds if value >= 1.0 => (value, " s"),
        Unit::Seconds if value >= 1e-3 => (value * 1e3, " ms"),
        Unit::Seconds => (value * 1e6, " µs"),
        Unit::Bytes if value >= KIB * KIB => (value / KIB / KIB, " MiB"),
        Unit::Bytes => (value / KIB, " KiB"),
        Unit::Count if value.fract() == 0.0 => return format!("{value:.0}"),
        Unit::Count => return format!("{value:.2}"),
        Unit::Times => (value, " ×"),
    };
    let decimals = match value {
        value if value >= 100.0 => 0,
        value if value >= 10.0 => 1,
        _ => 2,
    };
    format!("{value:.decimals$}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(samples: &[f64]) -> Figure {
        Figure::new("f", Unit::Seconds, samples.to_vec())
    }

    #[test]
    fn goal_is_met_if_the_median_is_at_most_the_limit() {
        let met = |limit| figure(&[1.0, 3.0, 2.0]).with_goal(Goal::AtMost(limit)).meets_goal();
        assert_eq!((met(2.0), met(1.99)), (Some(true), Some(false)));
    }

    #[test]
    fn goal_relative_to_the_floor_compares_medians() {
        let met = |limit| {
            figure(&[3.0, 3.0, 9.0]).with_floor(vec![1.0, 2.0, 2.0]).with_goal(Goal::TimesFloor(limit)).meets_goal()
        };
        assert_eq!((met(1.5), met(1.4)), (Some(true), Some(false)));
    }

    #[test]
    fn goal_without_measurements_is_undecided() {
        assert_eq!(figure(&[]).with_goal(Goal::AtMost(1.0)).meets_goal(), None);
        assert_eq!(figure(&[1.0]).with_goal(Goal::TimesFloor(1.0)).meets_goal(), None);
        assert_eq!(figure(&[1.0]).meets_goal(), None);
    }

    #[test]
    fn numbers_are_formatted_in_a_suitable_unit() {
        for (value, unit, text) in [
            (12.345, Unit::Seconds, "12.3 s"),
            (0.002_937, Unit::Seconds, "2.94 ms"),
            (0.191_5, Unit::Seconds, "192 ms"),
            (4.6e-6, Unit::Seconds, "4.60 µs"),
            (6.0 * 1024.0 * 1024.0, Unit::Bytes, "6.00 MiB"),
            (600.0 * 1024.0, Unit::Bytes, "600 KiB"),
            (12.0, Unit::Count, "12"),
            (4.006, Unit::Count, "4.01"),
            (1.304, Unit::Times, "1.30 ×"),
        ] {
            assert_eq!(format_value(value, unit), text);
        }
    }
}
