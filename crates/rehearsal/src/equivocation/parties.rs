//! Whoever looks at a ledger and its log: each is the real program, asked once, or watched while it follows.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use tokio::time::Instant;

use super::told::Scene;
use crate::child::{Call, Server};
use crate::http;
use crate::outside::Verifier;
use crate::prepare::Stage;
use crate::services::{Addresses, POLL};
use crate::witnesses::Witness;

/// How long a party may take to notice.
pub(super) const NOTICED_WITHIN: Duration = Duration::from_secs(20);

/// Waits until `look` finds something.
pub(super) async fn until<T>(
    what: &str,
    mut look: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let deadline = Instant::now() + NOTICED_WITHIN;
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if Instant::now() > deadline {
            bail!("not within {} s: {what}", NOTICED_WITHIN.as_secs());
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Runs a program to its end, and writes down whether it refused and what it said last.
pub(super) async fn ask(
    stage: &Stage,
    scene: &mut Scene,
    (party, must_refuse): (&str, bool),
    call: Call,
) -> Result<()> {
    let log = stage.machines.logs().join("asked.log");
    let _ = fs::remove_file(&log);
    let (status, told) = call.logging_to(&log).outcome().await?;
    let said = fs::read_to_string(&log).unwrap_or_default();
    let refused = !status.success();
    let words = if refused { &said } else { &told };
    scene.saw(party, (refused, must_refuse), last_line(words));
    Ok(())
}

/// The last line of what was said, but for what the verifier explains behind it.
fn last_line(words: &str) -> &str {
    let mut lines = words.lines().rev().map(str::trim);
    let is_told = |line: &&str| !line.is_empty() && !line.starts_with("This means");
    lines.find(is_told).unwrap_or_default()
}

/// A witness's view of the log.
#[derive(Debug, Deserialize)]
pub(super) struct View {
    /// Frames that it cosigned last; none where it never cosigned.
    pub(super) size: Option<u64>,
    /// Root of the tree over them.
    pub(super) root: Option<String>,
}

pub(super) async fn view(witness: &Witness) -> Result<View> {
    #[derive(Deserialize)]
    struct Views {
        logs: Vec<View>,
    }
    let views: Views = http::get_json(witness.at, "/logs").await?;
    let mut logs = views.logs.into_iter();
    logs.next().context("a witness that watches no log")
}

/// Submissions that a witness answered in this way.
pub(super) async fn answers(witness: &Witness, answer: &str) -> Result<u64> {
    let (_, text) = http::get(witness.at, "/metrics").await?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let label = format!("witness_submissions_total{{answer=\"{answer}\"}} ");
    let line = text.lines().find_map(|line| line.strip_prefix(&*label));
    Ok(line.and_then(|number| number.parse().ok()).unwrap_or(0))
}

/// The part of a program's log that it has written since.
#[derive(Debug)]
pub(super) struct Tail {
    path: PathBuf,
    from: usize,
}

impl Tail {
    pub(super) fn of(path: PathBuf) -> Tail {
        let from = fs::read(&path).map_or(0, |text| text.len());
        Tail { path, from }
    }

    /// The first line that holds these words.
    pub(super) fn find(&self, words: &str) -> Option<String> {
        let text = fs::read(&self.path).ok()?;
        let text = String::from_utf8_lossy(text.get(self.from..)?).into_owned();
        let mut lines = text.lines();
        lines.find(|line| line.contains(words)).map(str::to_owned)
    }

    /// Waits until such a line is there.
    pub(super) async fn wait(&self, words: &str) -> Result<String> {
        until(words, async || Ok(self.find(words))).await
    }
}

/// How a program that follows took a second history.
#[derive(Debug)]
pub(super) struct Ending {
    refused: bool,
    words: String,
    at: Instant,
}

/// Waits until a program that follows has ended.
pub(super) async fn ending(mut server: Server) -> Result<Ending> {
    let waited = tokio::time::timeout(NOTICED_WITHIN, server.wait()).await;
    let refused = match waited {
        Ok(status) => !status?.success(),
        Err(_) => false,
    };
    Ok(Ending {
        refused,
        words: last_line(&server.log_tail()).to_owned(),
        at: Instant::now(),
    })
}

impl Ending {
    /// Writes down how it ended; it must have refused.
    pub(super) fn tell(&self, scene: &mut Scene, party: &str) {
        scene.saw_at(self.at, party, (self.refused, true), &self.words);
    }
}

impl Stage {
    /// An auditor of the log that a validator serves; with `state` one who remembers.
    pub(super) fn auditor(&self, at: Addresses, state: Option<&Path>) -> Call {
        let call = self
            .call("witness")
            .arg("audit")
            .flag("--policy", self.machines.policy())
            .flag("--log", format!("http://{}/log/0/", at.internal));
        match state {
            Some(state) => call.flag("--state", state),
            None => call,
        }
    }

    /// The voter's check of a receipt, by the policy alone.
    pub(super) fn receipt_check(&self, receipt: &Path) -> Call {
        let call = self.call("tally").args(["receipt", "check"]).arg(receipt);
        call.flag("--policy", self.machines.policy())
    }
}

/// The verifier that shares no code with ours on the ledger that is served, where there is one to ask.
pub(super) async fn ask_verifier(
    stage: &Stage,
    scene: &mut Scene,
    (party, must_refuse): (&str, bool),
    (verifier, receipt): (Option<&Verifier>, Option<&Path>),
) -> Result<()> {
    let Some(verifier) = verifier else {
        return Ok(());
    };
    let call = verifier.call(stage);
    let call = match receipt {
        Some(receipt) => call.flag("--receipt", receipt),
        None => call,
    };
    ask(stage, scene, (party, must_refuse), call).await
}
