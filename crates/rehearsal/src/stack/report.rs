//! What a rehearsal of the stack comes to: for machines on JSON lines, for people as a table.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::verdict::Verdict;

/// One failure, and the alert that told of it.
#[derive(Clone, Debug, Serialize)]
pub struct Played {
    /// The alert that must fire.
    pub alert: &'static str,
    /// What was done, for people.
    pub cause: &'static str,
    /// From the beginning of the failure until the notice that the alert fires; none where it did not.
    pub fired_s: Option<f64>,
    /// From the end of the failure until the notice that it is resolved; none where it was not.
    pub resolved_s: Option<f64>,
    /// Other alerts that fired, as they should or may.
    pub beside: BTreeSet<String>,
    /// Other alerts that fired, and are no sign of this failure.
    pub unexpected: BTreeSet<String>,
}

impl Played {
    /// What speaks against it, in words.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let alert = self.alert;
        let mut faults = Vec::new();
        match (self.fired_s, self.resolved_s) {
            (None, _) => faults.push(format!("{alert} did not fire: {}", self.cause)),
            (Some(_), None) => faults.push(format!("{alert} was not resolved")),
            (Some(_), Some(_)) => {}
        }
        if !self.unexpected.is_empty() {
            let others: Vec<&str> = self.unexpected.iter().map(String::as_str).collect();
            faults.push(format!("beside {alert} fired {}", others.join(", ")));
        }
        faults
    }
}

/// All that a rehearsal showed.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// By what the durations of the real files were divided.
    pub durations_divided_by: u64,
    /// From nothing until everything was up and green, in seconds.
    pub green_s: f64,
    /// Queries of the dashboards' panels, and how many of them had no answer.
    pub queries: usize,
    /// Those without a number or with an error, with the names of dashboard and panel.
    pub empty_panels: Vec<String>,
    /// In the order in which they were played.
    pub alerts: Vec<Played>,
    /// Votes that voters were told are recorded.
    pub acknowledged: u64,
    /// Those among them that the ledger lacks.
    pub lost: u64,
    /// Votes in the ledger that were not acknowledged, or more than once.
    pub double: u64,
    /// Whether all of it held.
    pub verdict: Verdict,
}

/// The failures and their alerts, for people.
#[must_use]
pub fn table(alerts: &[Played]) -> String {
    let seconds = |time: Option<f64>| time.map_or("-".to_owned(), |time| format!("{time:.1} s"));
    let mut table = format!("{:<20} {:>9} {:>9}  cause\n", "alert", "fired", "resolved");
    for played in alerts {
        let (fired, resolved) = (seconds(played.fired_s), seconds(played.resolved_s));
        let beside: Vec<&str> = played.beside.iter().map(String::as_str).collect();
        let beside = match beside[..] {
            [] => String::new(),
            _ => format!(" (beside it: {})", beside.join(", ")),
        };
        let (alert, cause) = (played.alert, played.cause);
        table += &format!("{alert:<20} {fired:>9} {resolved:>9}  {cause}{beside}\n");
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(fired_s: Option<f64>, resolved_s: Option<f64>, unexpected: &[&str]) -> Played {
        Played {
            alert: "A",
            cause: "it broke",
            fired_s,
            resolved_s,
            beside: BTreeSet::new(),
            unexpected: unexpected.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn each_miss_is_named() {
        let (fired, resolved) = (Some(1.0), Some(2.0));
        assert!(played(fired, resolved, &[]).faults().is_empty());
        for (case, told) in [
            (played(None, None, &[]), "A did not fire: it broke"),
            (played(fired, None, &[]), "A was not resolved"),
            (played(fired, resolved, &["B"]), "beside A fired B"),
        ] {
            assert_eq!(case.faults(), [told]);
        }
        let table = table(&[played(fired, None, &[])]);
        assert!(table.contains("1.0 s         -  it broke"), "{table}");
    }
}
