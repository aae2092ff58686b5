//! Formats the figures as a Markdown table.

use super::figure::{Figure, Goal, Unit, format_value};
use super::statistics::Summary;

const HEAD: [&str; 7] = ["figure", "median", "middle half", "floor", "× floor", "goal", ""];

/// The whole table, with aligned columns.
pub fn table(figures: &[Figure]) -> String {
    let mut rows = vec![HEAD.map(str::to_owned)];
    rows.extend(figures.iter().map(row));
    let widths: Vec<usize> = (0..HEAD.len()).map(|column| widest(&rows, column)).collect();
    let line = |cells: &[String; HEAD.len()]| {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| format!(" {cell:width$} |"));
        format!("|{}\n", cells.collect::<String>())
    };
    let rule: String = widths.iter().map(|width| format!("{}|", "-".repeat(width + 2))).collect();
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    lines.insert(1, format!("|{rule}\n"));
    lines.concat()
}

fn widest(rows: &[[String; HEAD.len()]], column: usize) -> usize {
    rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
}

fn row(figure: &Figure) -> [String; HEAD.len()] {
    let unit = figure.unit;
    let summary = figure.summary();
    let middle = summary.filter(|summary| summary.count > 1).map(|summary| {
        let (low, high) = (format_value(summary.lower_quartile, unit), format_value(summary.upper_quartile, unit));
        if low == high { low } else { format!("{low} – {high}") }
    });
    let floor = Summary::of(&figure.floor).map(|floor| format_value(floor.median, unit));
    let goal = figure.goal.map(|goal| match goal {
        Goal::AtMost(limit) => format!("≤ {}", format_value(limit, unit)),
        Goal::TimesFloor(limit) => format!("≤ {} floor", format_value(limit, Unit::Times)),
    });
    let verdict = figure.meets_goal().map(|met| if met { "met" } else { "MISSED" });
    [
        figure.name.clone(),
        summary.map_or_else(|| "not measured".to_owned(), |summary| format_value(summary.median, unit)),
        middle.unwrap_or_default(),
        floor.unwrap_or_default(),
        figure.times_floor().map(|times| format_value(times, Unit::Times)).unwrap_or_default(),
        goal.unwrap_or_default(),
        verdict.unwrap_or_default().to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_shows_medians_ratios_and_results() {
        let apply = Figure::new("apply", Unit::Seconds, vec![6.0, 5.0, 7.0]).with_floor(vec![5.0]);
        let missed = apply.clone().with_goal(Goal::TimesFloor(1.1));
        let size = Figure::new("binary", Unit::Bytes, vec![5.0 * 1024.0 * 1024.0]);
        let size = size.with_goal(Goal::AtMost(6.0 * 1024.0 * 1024.0));
        let expected = "\
| figure | median   | middle half     | floor  | × floor | goal           |        |
|--------|----------|-----------------|--------|---------|----------------|--------|
| apply  | 6.00 s   | 5.50 s – 6.50 s | 5.00 s | 1.20 ×  | ≤ 1.10 × floor | MISSED |
| binary | 5.00 MiB |                 |        |         | ≤ 6.00 MiB     | met    |
";
        assert_eq!(table(&[missed, size]), expected);
    }

    #[test]
    fn missing_measurement_is_shown() {
        let text = table(&[Figure::new("signing", Unit::Seconds, vec![])]);
        assert!(text.contains("| signing | not measured |"), "{text}");
    }
}
