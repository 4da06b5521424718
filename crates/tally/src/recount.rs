//! The offline recount: the whole ledger folded from its files, and what stands around the numbers.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use election::Ballot;
use ledger::{Cursor, InvalidReason, ReadEnd};

use crate::cli::{LedgerArgs, ReaderArgs};
use crate::covered::Covered;
use crate::directory::{Directory, Ends};
use crate::inputs::{open_package, open_readers_package};
use crate::ledger_count::LedgerCount;
use crate::package_roll::PackageRoll;
use crate::policy::Visible;
use crate::reading::Fact;
use crate::release::MaskHand;
use crate::results::{Results, Turnout};
use crate::signature::Signature;
use crate::tabulate::{TabulationError, results_of};

/// A ledger that was read to its end and counted.
pub(crate) struct Recount {
    pub(crate) package: Arc<PackageRoll>,
    pub(crate) directory: Directory,
    pub(crate) count: LedgerCount,
    /// How each partition ended.
    pub(crate) ends: BTreeMap<u16, ReadEnd>,
    /// How far each partition is covered; empty where the event names no log.
    pub(crate) covered: Vec<Covered>,
    /// Whether the mask key was at hand, so that choices are counted.
    pub(crate) opened: bool,
}

/// The numbers of a recount, and what identifies what was counted.
pub(crate) struct Report {
    pub(crate) manifest_sha256: [u8; 32],
    pub(crate) signature: Signature,
    /// The last frame of each partition: with the same heads, everybody counts the same.
    pub(crate) ledger: BTreeMap<u16, Cursor>,
    /// Partitions behind whose last frame others may be missing: no sidecar says where they ended.
    pub(crate) ends_unknown: Vec<u16>,
    /// Commit time of the last frame, ms UTC; none of an empty ledger.
    pub(crate) last_commit_ms: Option<i64>,
    pub(crate) votes: u64,
    pub(crate) duplicates: u64,
    pub(crate) invalid: Vec<InvalidReport>,
    /// In the order asked for.
    pub(crate) ballots: Vec<BallotReport>,
}

/// Attempts that were refused for one reason.
pub(crate) struct InvalidReport {
    /// None where no ballot was named, or none that exists.
    pub(crate) ballot_id: Option<String>,
    pub(crate) reason: InvalidReason,
    pub(crate) attempts: u64,
}

/// What a recount says of one ballot.
pub(crate) struct BallotReport {
    pub(crate) ballot_id: String,
    pub(crate) duplicates: u64,
    pub(crate) results: Results,
}

/// Opens the package and names the ledger, without reading it.
pub(crate) fn open_inputs(args: &LedgerArgs) -> anyhow::Result<(Arc<PackageRoll>, Directory)> {
    let package = open_package(&args.package)?;
    let directory = Directory::new(&args.ledger, &package);
    Ok((package, directory))
}

/// The same for a reader, who may have chosen to trust nobody.
pub(crate) fn open_readers_inputs(
    args: &ReaderArgs,
) -> anyhow::Result<(Arc<PackageRoll>, Directory)> {
    let package = open_readers_package(args)?;
    let directory = Directory::new(&args.ledger, &package);
    Ok((package, directory))
}

impl Recount {
    /// Reads and folds the whole ledger; with the mask hand's key, every release is counted.
    ///
    /// # Errors
    /// Damage, another event's ledger, choices that do not open, a mark or a choice that cannot be.
    pub(crate) fn read(
        package: Arc<PackageRoll>,
        directory: Directory,
        hand: Option<&MaskHand>,
    ) -> anyhow::Result<Recount> {
        let recount = Recount::read_with(package, directory, hand, |_| {})?;
        for (partition, end) in &recount.ends {
            if end.acknowledged.is_none() {
                commandline::note!(
                    "note: whether frames are missing behind frame {} of partition {partition} cannot be told: there is no sound p{partition:04}/acknowledged beside its segments",
                    end.last.sequence
                );
            }
        }
        Ok(recount)
    }

    /// The same, and shows every fact to `look`. Says nothing of an end that nobody vouches for.
    ///
    /// # Errors
    /// As [`Recount::read`].
    pub(crate) fn read_with(
        package: Arc<PackageRoll>,
        directory: Directory,
        hand: Option<&MaskHand>,
        mut look: impl FnMut(&Fact),
    ) -> anyhow::Result<Recount> {
        let mut count = LedgerCount::new(package.event(), &*package);
        count.closings.expect(&directory.partitions()?);
        let Ends {
            read: ends,
            covered,
        } = directory
            .read(hand, |fact| {
                look(fact);
                Ok(count.apply(package.event(), fact)?)
            })
            .context("the ledger was not counted to its end, so there is no result")?;
        for end in ends.values() {
            if let Some(torn) = &end.torn_tail {
                let answered = match end.acknowledged {
                    Some(_) => "no voter was answered for it",
                    None => "whether voters were answered for it cannot be told",
                };
                commandline::note!(
                    "note: {} ends in a torn write at byte {} ({} bytes): {answered}; the next start of the validator, or `tally verify --repair-tail`, cuts it",
                    torn.path.display(),
                    torn.offset,
                    torn.bytes
                );
            }
        }
        for words in covered.iter().filter_map(Covered::uncovered_in_words) {
            commandline::note!("note: {words}");
        }
        Ok(Recount {
            package,
            directory,
            count,
            ends,
            covered,
            opened: hand.is_some(),
        })
    }

    /// All that was released of every ballot.
    ///
    /// # Errors
    /// The first ballot that cannot be tabulated.
    pub(crate) fn report(&self) -> Result<Report, TabulationError> {
        let ballots: Vec<&Ballot> = self.package.event().ballots().iter().collect();
        self.report_of(&ballots)
    }

    /// The report of these ballots alone.
    ///
    /// # Errors
    /// As [`Recount::report`].
    pub(crate) fn report_of(&self, ballots: &[&Ballot]) -> Result<Report, TabulationError> {
        let reports: Result<Vec<BallotReport>, TabulationError> = ballots
            .iter()
            .map(|ballot| self.ballot_report(ballot))
            .collect();
        Ok(Report {
            manifest_sha256: self.package.identity().manifest_sha256,
            signature: self.package.signature(),
            ledger: self.count.heads.clone(),
            ends_unknown: self.ends_unknown(),
            last_commit_ms: (self.count.time_ms != 0).then_some(self.count.time_ms),
            votes: self.count.votes(),
            duplicates: self.count.duplicates(),
            invalid: self.invalid(),
            ballots: reports?,
        })
    }

    fn ends_unknown(&self) -> Vec<u16> {
        let ends = self.ends.iter();
        let unknown = ends.filter(|(_, end)| end.acknowledged.is_none());
        unknown.map(|(partition, _)| *partition).collect()
    }

    fn ballot_report(&self, ballot: &Ballot) -> Result<BallotReport, TabulationError> {
        let at = ballot.index.0;
        let count = &self.count.ballots[usize::from(at)];
        let visible = if self.opened {
            Visible::Counts(&count.released)
        } else {
            Visible::Sealed
        };
        let turnout = Turnout {
            registered: self.package.registered(at),
            votes: count.votes_by_region(),
            hours: count.votes_by_hour(),
            known_until_ms: self.count.known_until_ms(),
        };
        Ok(BallotReport {
            ballot_id: ballot.id.clone(),
            duplicates: count.duplicates(),
            results: results_of(
                self.package.event(),
                ballot,
                (self.count.standing(ballot, self.opened), turnout),
                &visible,
            )?,
        })
    }

    fn invalid(&self) -> Vec<InvalidReport> {
        let ballots = self.package.event().ballots();
        let id = |at: u16| ballots.get(usize::from(at)).map(|ballot| ballot.id.clone());
        let attempts = self.count.invalid.iter();
        attempts
            .map(|((ballot, reason), attempts)| InvalidReport {
                ballot_id: ballot.and_then(id),
                reason: *reason,
                attempts: *attempts,
            })
            .collect()
    }
}
