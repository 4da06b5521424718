//! What Prometheus is asked over its HTTP interface: queries, targets and rules.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::http;

/// A target, as Prometheus sees it.
#[derive(Clone, Debug, Deserialize)]
pub struct Target {
    /// Its labels, `job` and `instance` among them.
    pub labels: BTreeMap<String, String>,
    /// `up`, `down` or `unknown`.
    pub health: String,
    /// What went wrong with the last scrape; empty where nothing did.
    #[serde(rename = "lastError")]
    pub last_error: String,
}

impl Target {
    /// Its label `job`, or nothing.
    #[must_use]
    pub fn job(&self) -> &str {
        self.labels.get("job").map_or("", String::as_str)
    }
}

/// The targets that are scraped.
///
/// # Errors
/// No answer, or another than Prometheus gives.
pub async fn targets(at: SocketAddr) -> Result<Vec<Target>> {
    #[derive(Deserialize)]
    struct Targets {
        #[serde(rename = "activeTargets")]
        active: Vec<Target>,
    }
    let targets: Targets = ask(at, "/api/v1/targets?state=active").await?;
    Ok(targets.active)
}

/// The values of an expression now, one a series; those that are no number are left out.
///
/// # Errors
/// As [`targets`]; an expression that Prometheus refuses, in its words.
pub async fn values(at: SocketAddr, expression: &str) -> Result<Vec<f64>> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(rename = "resultType")]
        kind: String,
        result: Value,
    }
    let path = format!("/api/v1/query?query={}", escaped(expression));
    let answer: Answer = ask(at, &path).await?;
    let samples: Vec<&Value> = match (answer.kind.as_str(), &answer.result) {
        ("scalar", sample) => vec![sample],
        ("vector", Value::Array(series)) => series.iter().map(|one| &one["value"]).collect(),
        (kind, _) => bail!("the answer is a {kind}, expected a vector or a scalar"),
    };
    let numbers = samples.into_iter().map(|sample| {
        let text = sample[1].as_str().context("a sample without a value")?;
        text.parse()
            .with_context(|| format!("a sample of value {text}"))
    });
    let numbers: Result<Vec<f64>> = numbers.collect();
    Ok(numbers?.into_iter().filter(|n| !n.is_nan()).collect())
}

async fn ask<T: DeserializeOwned>(at: SocketAddr, path: &str) -> Result<T> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(default)]
        data: Value,
        #[serde(default)]
        error: String,
    }
    let (status, body) = http::get(at, path).await?;
    let answer: Answer = serde_json::from_slice(&body)
        .with_context(|| format!("Prometheus answers {status}, and no JSON"))?;
    if status != 200 {
        bail!("Prometheus answers {status}: {}", answer.error);
    }
    serde_json::from_value(answer.data).context("Prometheus answers otherwise than it promises")
}

/// For a query of a URL (RFC 3986): all but letters, digits and `-._~` as `%XX`.
fn escaped(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_in_a_url_is_escaped() {
        assert_eq!(escaped("up{a=\"é\"}+1"), "up%7Ba%3D%22%C3%A9%22%7D%2B1");
    }
}
