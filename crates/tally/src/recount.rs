//! The offline recount: the whole ledger folded from its files, and what stands around the numbers.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use election::{Ballot, Choice};
use ledger::{BoxSecretKey, Cursor};
use serde::Serialize;

use crate::cli::LedgerArgs;
use crate::counts::Counts;
use crate::directory::Directory;
use crate::inputs::{PackageRoll, open_package};
use crate::policy::Visible;
use crate::results::{BallotResult, Titles, ballot_result, percentage};
use crate::state::State;
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
        let by_region = self.package.registered(at);
        let registered = by_region.values().sum();
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
            regions: self.region_reports(ballot, &by_region, &turnout),
            result: ballot_result(self.package.event(), ballot, &visible, &turnout),
        }
    }

    /// Every region with a credential on the ballot's roll.
    fn region_reports(
        &self,
        ballot: &Ballot,
        registered: &BTreeMap<u16, u64>,
        turnout: &BTreeMap<u16, u64>,
    ) -> Vec<RegionReport> {
        let event = self.package.event();
        let counted = &self.state.ballots[usize::from(ballot.index.0)].regions;
        let no_votes = Counts::default();
        let report = |(region, registered): (&u16, &u64)| {
            let votes = turnout.get(region).copied().unwrap_or(0);
            let counts = counted.get(region).unwrap_or(&no_votes);
            RegionReport {
                region_id: *region,
                region_name: event.region(*region).map(|region| Titles::of(&region.name)),
                registered: *registered,
                votes,
                turnout_percentage_of_registered: percentage(votes, *registered),
                answers: (self.opened && ballot.law().is_some()).then(|| Answers::of(counts)),
            }
        };
        registered.iter().map(report).collect()
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
    /// Regions of the roll, ascending.
    pub(crate) regions: Vec<RegionReport>,
    pub(crate) result: BallotResult,
}

/// Turnout of one region, and its answers where the ballot is a law. Votes for candidates stand in
/// the ballot's result, by region too.
#[derive(Debug, Serialize)]
pub(crate) struct RegionReport {
    /// 0: the roll names no region.
    pub(crate) region_id: u16,
    /// Null where the roll names no region.
    pub(crate) region_name: Option<Titles>,
    /// Credentials on the roll of this ballot.
    pub(crate) registered: u64,
    pub(crate) votes: u64,
    pub(crate) turnout_percentage_of_registered: Option<f64>,
    #[serde(flatten)]
    pub(crate) answers: Option<Answers>,
}

/// Answers to a law. Blank votes are apart from the valid ones.
#[derive(Debug, Serialize)]
pub(crate) struct Answers {
    pub(crate) oui_count: u64,
    pub(crate) non_count: u64,
    pub(crate) valid_votes: u64,
    pub(crate) blanc_count: u64,
    pub(crate) oui_percentage_of_valid_votes: Option<f64>,
}

impl Answers {
    fn of(counts: &Counts) -> Answers {
        let (oui, non) = (counts.of(&Choice::Oui), counts.of(&Choice::Non));
        Answers {
            oui_count: oui,
            non_count: non,
            valid_votes: oui + non,
            blanc_count: counts.of(&Choice::Blanc),
            oui_percentage_of_valid_votes: percentage(oui, oui + non),
        }
    }
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
