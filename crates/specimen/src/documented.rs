//! The table of metrics in docs/monitoring.md, which running programs are held against.

use std::collections::BTreeSet;

const MONITORING: &str = include_str!("../../../docs/monitoring.md");

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct DocumentedMetric {
    /// The Prometheus jobs that expose it, separated by blanks.
    pub jobs: &'static str,
    /// As samples are named; of a histogram without `_bucket`, `_sum` and `_count`.
    pub name: &'static str,
    /// `always`, or what it depends on.
    pub when: &'static str,
}

/// Every row of the table.
///
/// # Panics
/// Where a row has other columns.
#[must_use]
pub fn documented_metrics() -> Vec<DocumentedMetric> {
    let (_, table) = MONITORING.split_once("## Every metric").expect("the table");
    let rows = table.lines().filter(|line| line.contains("| `"));
    let row = |line: &'static str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [jobs, name, when, _] = cells[..] else {
            panic!("four columns: {line}");
        };
        let name = name.trim_matches('`');
        DocumentedMetric { jobs, name, when }
    };
    rows.map(row).collect()
}

/// Holds what a program exposes against the table: exactly the metrics of its job that it has always, and in these
/// circumstances.
///
/// # Panics
/// Where one is missing, or is not in the table.
pub fn metrics_are_documented(job: &str, circumstances: &[&str], exposed: &str) {
    let is_of_job = |row: &DocumentedMetric| row.jobs.split(' ').any(|of| of == job);
    let is_expected =
        |row: &DocumentedMetric| row.when == "always" || circumstances.contains(&row.when);
    let rows = documented_metrics().into_iter().filter(is_of_job);
    let expected: BTreeSet<&str> = rows.filter(is_expected).map(|row| row.name).collect();
    let types = exposed
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "));
    let got: BTreeSet<&str> = types.filter_map(|line| line.split(' ').next()).collect();
    let missing: Vec<_> = expected.difference(&got).collect();
    let unknown: Vec<_> = got.difference(&expected).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "{job} lacks {missing:?}, and exposes {unknown:?} besides what docs/monitoring.md says"
    );
}
