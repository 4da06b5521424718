//! The offline recount: the whole ledger folded from its files, and what stands around the numbers.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use election::Ballot;
use ledger::{BoxSecretKey, Cursor};
use serde::Serialize;

use crate::cli::LedgerArgs;
use crate::directory::Directory;
use crate::inputs::{PackageRoll, open_package};
use crate::policy::Visible;
use crate::results::{BallotResult, ballot_result, percentage};
use crate::state::{Roll, State};
use crate::time_text::rfc3339;

/// A folded ledger.
pub(crate) struct Recount {
    pub(crate) package: Arc<PackageRoll>,
    pub(crate) directory: Directory,
    pub(crate) state: State,
    pub(crate) opened: bool,
}

/// Opens the package and names the ledger, without reading it.
pub(crate) fn open_inputs(args: &LedgerArgs) -> anyhow::Result<(Arc<PackageRoll>, Directory)> {
    let package = open_package(&args.package)?;
    let directory = Directory::new(&args.ledger, package.identity());
    Ok((package, directory))
}

impl Recount {
    /// Reads and folds the whole ledger; with `key`, every choice is opened and counted.
    ///
    /// # Errors
    /// Damage, another event's ledger, choices that do not open, a mark that cannot be.
    pub(crate) fn read(
        package: Arc<PackageRoll>,
        directory: Directory,
        key: Option<&BoxSecretKey>,
    ) -> anyhow::Result<Recount> {
        let mut state = State::new(package.event(), &*package);
        let ends = directory
            .read(key, |frame| Ok(state.apply(frame, &*package)?))
            .context("the ledger was not counted to its end, so there is no result")?;
        for end in &ends {
            if let Some(torn) = &end.torn_tail {
                eprintln!(
                    "note: {} ends in a torn write at byte {} ({} bytes) that no voter was answered for; the next start of the validator, or `tally verify --repair-tail`, cuts it",
                    torn.path.display(),
                    torn.offset,
                    torn.bytes
                );
            }
        }
        Ok(Recount {
            package,
            directory,
            state,
            opened: key.is_some(),
        })
    }

    /// All that the counts say of every ballot, whatever its policy: recounting needs the box key,
    /// and whoever holds it may look.
    pub(crate) fn report(&self) -> Report {
        let event = self.package.event();
        let ballots = event
            .ballots()
            .iter()
            .map(|ballot| self.ballot_report(ballot));
        let heads = self.state.heads.iter();
        Report {
            event_id: event.id.clone(),
            manifest_sha256: hex(&self.package.identity().manifest_sha256),
            ledger: heads
                .map(|(partition, cursor)| Head::new(*partition, cursor))
                .collect(),
            last_commit_at: (self.state.time_ms != 0).then(|| rfc3339(self.state.time_ms)),
            votes: self.state.votes(),
            duplicates: self.state.duplicates(),
            invalid: self.invalid(),
            ballots: ballots.collect(),
        }
    }

    fn ballot_report(&self, ballot: &Ballot) -> BallotReport {
        let at = ballot.index.0;
        let state = &self.state.ballots[usize::from(at)];
        let registered = self
            .package
            .shard_sizes(at)
            .iter()
            .map(|size| u64::from(*size))
            .sum();
        let visible = if self.opened {
            Visible::Counts {
                regions: &state.regions,
                updated_ms: state.updated_ms,
            }
        } else {
            Visible::Sealed
        };
        let mut turnout: BTreeMap<u16, u64> = BTreeMap::new();
        for ((region, _), votes) in &state.turnout {
            *turnout.entry(*region).or_default() += votes;
        }
        BallotReport {
            ballot_id: ballot.id.clone(),
            registered,
            votes: state.votes,
            turnout_percentage_of_registered: percentage(state.votes, registered),
            duplicates: state.duplicates(),
            result: ballot_result(self.package.event(), ballot, &visible, &turnout),
        }
    }

    fn invalid(&self) -> Vec<InvalidReport> {
        let ballots = self.package.event().ballots();
        let id = |at: u16| ballots.get(usize::from(at)).map(|ballot| ballot.id.clone());
        let entries = self.state.invalid.iter();
        entries
            .map(|((ballot, reason), attempts)| InvalidReport {
                ballot_id: ballot.and_then(id),
                reason: reason.name(),
                attempts: *attempts,
            })
            .collect()
    }
}

/// The numbers of a recount, and what identifies what was counted.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) event_id: String,
    pub(crate) manifest_sha256: String,
    /// The last frame of each partition: with the same heads, everybody counts the same.
    pub(crate) ledger: Vec<Head>,
    pub(crate) last_commit_at: Option<String>,
    pub(crate) votes: u64,
    pub(crate) duplicates: u64,
    pub(crate) invalid: Vec<InvalidReport>,
    pub(crate) ballots: Vec<BallotReport>,
}

/// Where a partition's ledger ends.
#[derive(Debug, Serialize)]
pub(crate) struct Head {
    pub(crate) partition: u16,
    pub(crate) sequence: u64,
    pub(crate) hash: String,
}

impl Head {
    pub(crate) fn new(partition: u16, cursor: &Cursor) -> Head {
        Head {
            partition,
            sequence: cursor.sequence,
            hash: cursor.link.to_string(),
        }
    }
}

/// Attempts refused for one reason.
#[derive(Debug, Serialize)]
pub(crate) struct InvalidReport {
    /// Null where no ballot was named, or none that exists.
    pub(crate) ballot_id: Option<String>,
    pub(crate) reason: &'static str,
    pub(crate) attempts: u64,
}

/// One ballot.
#[derive(Debug, Serialize)]
pub(crate) struct BallotReport {
    pub(crate) ballot_id: String,
    /// Credentials on the roll of this ballot.
    pub(crate) registered: u64,
    pub(crate) votes: u64,
    pub(crate) turnout_percentage_of_registered: Option<f64>,
    pub(crate) duplicates: u64,
    pub(crate) result: BallotResult,
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            use std::fmt::Write;
            write!(text, "{byte:02x}").expect("writing to a String cannot fail");
            text
        })
}
