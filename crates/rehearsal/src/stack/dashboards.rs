//! Grafana's dashboards without Grafana: every query of every panel, put to Prometheus.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::time::Instant;

use super::durations;
use super::questions;

/// What Grafana puts in the place of its own variables, by the intervals of the real files.
const INTERVALS: [(&str, &str); 6] = [
    ("$__rate_interval", "1m"),
    ("${__rate_interval}", "1m"),
    ("$__interval", "15s"),
    ("${__interval}", "15s"),
    ("$__range", "15m"),
    ("${__range}", "15m"),
];
/// A variable that people choose stands for every value.
const ANY: &str = ".*";

/// A query of a panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Title of the dashboard.
    pub dashboard: String,
    /// Title of the panel.
    pub panel: String,
    /// The expression as it is put to Prometheus.
    pub expression: String,
}

/// Every query of the dashboards in a directory, with each duration divided by `factor`.
///
/// # Errors
/// A file cannot be read, is no dashboard, or has no query.
pub fn queries(dir: &Path, factor: u64) -> Result<Vec<Query>> {
    let mut files: Vec<_> = fs::read_dir(dir)
        .with_context(|| format!("cannot read {}", dir.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|end| end == "json"));
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let text = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let found = of_dashboard(&text, factor).with_context(|| file.display().to_string())?;
        all.extend(found);
    }
    if all.is_empty() {
        bail!("{} holds no dashboard", dir.display());
    }
    Ok(all)
}

fn of_dashboard(text: &[u8], factor: u64) -> Result<Vec<Query>> {
    let dashboard: Value = serde_json::from_slice(text).context("no JSON")?;
    let title = dashboard["title"].as_str().context("no title")?;
    let variables = dashboard["templating"]["list"].as_array();
    let variables: Vec<&str> = variables
        .into_iter()
        .flatten()
        .filter_map(|variable| variable["name"].as_str())
        .collect();
    let mut queries = Vec::new();
    for panel in panels(&dashboard) {
        let name = panel["title"].as_str().unwrap_or("without a title");
        let targets = panel["targets"].as_array();
        for target in targets.into_iter().flatten() {
            let expression = target["expr"].as_str();
            let expression = expression.with_context(|| format!("{name}: no expression"))?;
            queries.push(Query {
                dashboard: title.to_owned(),
                panel: name.to_owned(),
                expression: filled(expression, &variables, factor),
            });
        }
    }
    if queries.is_empty() {
        bail!("no panel has a query");
    }
    Ok(queries)
}

/// The panels, those in rows too.
fn panels(of: &Value) -> Vec<&Value> {
    let panels = of["panels"].as_array();
    let panels = panels.into_iter().flatten();
    panels
        .flat_map(|panel| [vec![panel], self::panels(panel)].concat())
        .collect()
}

fn filled(expression: &str, variables: &[&str], factor: u64) -> String {
    let mut text = expression.to_owned();
    for (name, value) in INTERVALS {
        text = text.replace(name, value);
    }
    for name in variables {
        text = text.replace(&format!("${{{name}}}"), ANY);
        text = text.replace(&format!("${name}"), ANY);
    }
    durations::divided(&text, factor).trim_end().to_owned()
}

/// What is wrong with these queries: those that have no number within `deadline`, or are refused, each with its name.
pub async fn faults(at: SocketAddr, queries: &[Query], deadline: Instant) -> Vec<String> {
    let mut faults = Vec::new();
    for query in queries {
        if let Some(fault) = fault(at, query, deadline).await {
            let Query {
                dashboard,
                panel,
                expression,
            } = query;
            faults.push(format!("{dashboard} / {panel}: {fault}: {expression}"));
        }
    }
    faults
}

async fn fault(at: SocketAddr, query: &Query, deadline: Instant) -> Option<String> {
    loop {
        let fault = match questions::values(at, &query.expression).await {
            Ok(values) if !values.is_empty() => return None,
            Ok(_) => "empty".to_owned(),
            Err(error) => format!("{error:#}"),
        };
        if Instant::now() > deadline {
            return Some(fault);
        }
        tokio::time::sleep(crate::services::POLL).await;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn queries_of_panels_in_rows_are_found_and_filled() {
        let target = |expression: &str| json!([{"expr": expression}]);
        let dashboard = json!({
            "title": "Voting",
            "templating": {"list": [{"name": "instance"}]},
            "panels": [
                {"title": "a", "targets": target("rate(x{i=~\"$instance\"}[$__rate_interval])")},
                {"title": "row", "panels": [{"title": "b", "targets": target("y")}]},
            ],
        });
        let found = of_dashboard(dashboard.to_string().as_bytes(), 30).unwrap();
        let names: Vec<&str> = found.iter().map(|query| &*query.panel).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(found[0].expression, "rate(x{i=~\".*\"}[2000ms])");
        for wrong in ["{}", "{\"title\": \"t\"}", "x"] {
            assert!(of_dashboard(wrong.as_bytes(), 30).is_err(), "{wrong}");
        }
    }
}
