//! The page as viewers have it: its versions by name, and deltas put together as the page's script does it.
//!
//! Each viewer goes by the answers that it gets. What thousands of viewers would put together alike is put
//! together once: ten thousand copies of a page would be a gigabyte.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use hyper::body::Bytes;
use serde::Deserialize;

use super::pool::{Pool, Received};

#[derive(Deserialize)]
#[serde(untagged)]
enum Part {
    Number(i64),
    Text(String),
}

#[derive(Deserialize)]
struct Delta {
    to: String,
    length: usize,
    check: u32,
    steps: Vec<Part>,
}

/// A version that a viewer has.
pub(super) type Version = Arc<str>;

/// The versions of one page that were seen.
#[derive(Default)]
pub(super) struct Page {
    texts: Mutex<HashMap<Version, Arc<str>>>,
    /// Where an answer led from a version.
    applied: Mutex<HashMap<(Version, Bytes), Version>>,
}

/// What asking again came to.
pub(super) struct Asked {
    pub(super) version: Version,
    pub(super) kind: Kind,
    pub(super) bytes: u64,
}

/// How a viewer came to the newest version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Same,
    Delta,
    Whole,
}

impl Page {
    /// Fetches the page as a newcomer does.
    pub(super) async fn whole(&self, pool: &Pool, address: &str) -> Result<Asked> {
        self.keep(&pool.get(address).await?)
    }

    /// What changed since `version`, as of a change that the stream told.
    pub(super) async fn since(
        &self,
        pool: &Pool,
        address: &str,
        (version, change): (&Version, u64),
    ) -> Result<Asked> {
        let answer = pool
            .get(&format!("{address}&since={version}&change={change}"))
            .await?;
        let bytes = answer.bytes();
        if answer.status == 204 {
            return Ok(Asked {
                version: Arc::clone(version),
                kind: Kind::Same,
                bytes,
            });
        }
        if !answer.is_delta() {
            return self.keep(&answer);
        }
        ensure!(answer.status == 200, "{address}: {}", answer.status);
        let version = self.apply(version, &answer)?;
        Ok(Asked {
            version,
            kind: Kind::Delta,
            bytes,
        })
    }

    fn keep(&self, answer: &Received) -> Result<Asked> {
        ensure!(answer.status == 200, "a page is answered {}", answer.status);
        let version: Version = answer.version()?.into();
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if !texts.contains_key(&version) {
            texts.insert(Arc::clone(&version), answer.text()?.into());
        }
        Ok(Asked {
            version,
            kind: Kind::Whole,
            bytes: answer.bytes(),
        })
    }

    fn apply(&self, from: &Version, answer: &Received) -> Result<Version> {
        let mut applied = self.applied.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (Arc::clone(from), answer.body.clone());
        if let Some(version) = applied.get(&key) {
            return Ok(Arc::clone(version));
        }
        let delta: Delta = serde_json::from_str(&answer.text()?)?;
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let old = texts.get(from).context("a version that nobody was sent")?;
        let text = delta.applied_to(old)?;
        let version: Version = delta.to.into();
        texts.insert(Arc::clone(&version), text.into());
        applied.insert(key, Arc::clone(&version));
        Ok(version)
    }
}

impl Delta {
    fn applied_to(&self, old: &str) -> Result<String> {
        let old: Vec<u16> = old.encode_utf16().collect();
        let (mut at, mut new) = (0_i64, Vec::new());
        for step in self.steps.chunks(3) {
            let [Part::Number(skip), Part::Number(copy), Part::Text(insert)] = step else {
                anyhow::bail!("a delta with a step that is none");
            };
            let from = at + skip;
            at = from + copy;
            let copied = old.get(usize::try_from(from)?..usize::try_from(at)?);
            new.extend_from_slice(copied.context("a delta copies what is not there")?);
            new.extend(insert.encode_utf16());
        }
        let mixed = |sum: u32, unit: &u16| (sum ^ u32::from(*unit)).wrapping_mul(16_777_619);
        let check = new.iter().fold(2_166_136_261, mixed);
        ensure!(
            new.len() == self.length && check == self.check,
            "a delta leads to another page"
        );
        Ok(String::from_utf16(&new)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delta_is_applied_and_one_that_leads_elsewhere_is_refused() {
        // Of crates/pages/browser/deltas.json.
        let delta = |check: u32| Delta {
            to: "v2".to_owned(),
            length: 24,
            check,
            steps: vec![
                Part::Number(0),
                Part::Number(4),
                Part::Text("1,235".to_owned()),
                Part::Number(5),
                Part::Number(15),
                Part::Text(String::new()),
            ],
        };
        let old = "<td>1,234</td><td>5</td>";
        let new = "<td>1,235</td><td>5</td>";
        let units: Vec<u16> = new.encode_utf16().collect();
        let check = units.iter().fold(2_166_136_261, |sum: u32, unit| {
            (sum ^ u32::from(*unit)).wrapping_mul(16_777_619)
        });
        let fitting = delta(check);
        assert_eq!(fitting.applied_to(old).unwrap(), new);
        let wrong = delta(check ^ 1);
        assert!(wrong.applied_to(old).is_err());
        assert!(fitting.applied_to("<td>").is_err());
    }
}
