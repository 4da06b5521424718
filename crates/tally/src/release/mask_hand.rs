//! The mask hand: takes the masks off the count hand's sums. It never sees the counts of a frame.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use election::Ballot;
use ledger::{Cursor, HandSecretKey, MaskOpener, Paper, SealedRankings, SegmentHeader};

use super::file::{self, Lines};
use super::line::{FIXED_BYTES_MAX, HeaderLine, ReleaseLine, hash_of, line_bytes_max};
use super::{Release, Scope, Sum, Unit, Waiting};
use crate::counts::Counts;
use crate::opened::OpenedFrame;
use crate::package_roll::PackageRoll;

/// What a release shows.
#[derive(Clone)]
pub(crate) struct ReleasedVotes {
    pub(crate) unit: Unit,
    /// The last frame whose votes are inside, and its commit time.
    pub(crate) at: Cursor,
    pub(crate) time_ms: i64,
    pub(crate) counts: Counts,
}

/// What the mask hand counts with: its key, and where the count hand's releases are.
#[derive(Clone)]
pub(crate) struct MaskHand {
    key: Arc<HandSecretKey>,
    releases: PathBuf,
}

impl MaskHand {
    pub(crate) fn new(key: HandSecretKey, releases: &Path) -> MaskHand {
        MaskHand {
            key: Arc::new(key),
            releases: releases.to_owned(),
        }
    }
}

/// Unmasks the releases of one partition.
pub(crate) struct Unmasking {
    package: Arc<PackageRoll>,
    opener: MaskOpener,
    waiting: Waiting,
    /// Planned releases that the count hand has not written yet, with their masks.
    due: VecDeque<(Release, Sum)>,
    lines: Lines,
    header: HeaderLine,
    /// Hash of the last line read; none before the first.
    last: Option<String>,
    number: u64,
}

impl Unmasking {
    pub(crate) fn new(package: &Arc<PackageRoll>, partition: u16, hand: &MaskHand) -> Unmasking {
        Unmasking {
            package: Arc::clone(package),
            opener: MaskOpener::new(&hand.key),
            waiting: Waiting::new(package.event(), partition),
            due: VecDeque::new(),
            lines: Lines::new(file::path_of(&hand.releases, partition)),
            header: HeaderLine::of(package, partition),
            last: None,
            number: 0,
        }
    }

    /// Takes the next frame of the partition.
    ///
    /// # Errors
    /// The mask key is not that of the event.
    pub(crate) fn take(
        &mut self,
        header: &SegmentHeader,
        frame: &OpenedFrame,
    ) -> anyhow::Result<()> {
        let mut masks = Vec::new();
        for (ballot, region, _) in frame.voters() {
            let sum = match self.package.papers(ballot).paper(region) {
                Some(Paper::Cells(choices)) => {
                    let (at, cells) = ((ballot, region), choices.len());
                    let masks = self.opener.masks(header, frame.at.sequence, at, cells)?;
                    Sum::Cells(masks.to_vec())
                }
                Some(Paper::Ranked { .. }) => {
                    let at = (ballot, region);
                    Sum::Rankings(SealedRankings {
                        records: Vec::new(),
                        witnesses: self.opener.witness_mask(header, frame.at.sequence, at)?,
                    })
                }
                None => return Err(frame.position().no_paper(ballot, region).into()),
            };
            masks.push((ballot, region, sum));
        }
        let released = self.waiting.step(self.package.event(), frame, masks);
        self.due.extend(released);
        Ok(())
    }

    /// The next release that the count hand has written; none while there is none.
    ///
    /// # Errors
    /// The release file is of another ledger, was changed, or does not add up.
    pub(crate) fn next_release(&mut self) -> anyhow::Result<Option<ReleasedVotes>> {
        let Some(previous) = self.last_line()? else {
            return Ok(None);
        };
        let Some((due, _)) = self.due.front() else {
            return Ok(None);
        };
        let paper = self
            .paper(due.unit)
            .context("a release without ballot paper")?;
        let most = line_bytes_max(paper, due.votes);
        let Some(line) = self.lines.next_line(most)? else {
            return Ok(None);
        };
        let (release, masks) = self.due.pop_front().expect("looked at above");
        let released = self.unmask(&line, previous, &release, masks);
        let released = released.with_context(|| self.lines.position())?;
        self.last = Some(hash_of(&line));
        Ok(Some(released))
    }

    /// Whether the count hand has written everything that is to be released, and nothing else.
    ///
    /// # Errors
    /// Releases are missing, or of frames that the ledger does not have.
    pub(crate) fn check_end(&mut self) -> anyhow::Result<()> {
        self.check_file()?;
        let has_begun = self.last_line()?.is_some();
        let path = self.lines.path().display();
        if let Some((release, _)) = self.due.front() {
            bail!(
                "{path} ends before the release of frame {}: run `tally release` to the end of this ledger, or copy its directory whole",
                release.last.sequence
            );
        }
        ensure!(
            !has_begun || !self.lines.is_followed()?,
            "{} releases frames that the ledger does not have: the ledger is an older copy, or they are of two histories",
            self.lines.position()
        );
        Ok(())
    }

    /// Whether the count hand's file is there, where something is to be released.
    ///
    /// # Errors
    /// There is none: the directory is another one, or empty.
    pub(crate) fn check_file(&mut self) -> anyhow::Result<()> {
        let has_begun = self.last_line()?.is_some();
        ensure!(
            has_begun || self.due.is_empty() || self.lines.path().exists(),
            "there is no {}: name the directory that `tally release` wrote, with --releases",
            self.lines.path().display()
        );
        Ok(())
    }

    /// Hash of the last line read; reads the header where none was. None while there is no line.
    fn last_line(&mut self) -> anyhow::Result<Option<String>> {
        if self.last.is_some() {
            return Ok(self.last.clone());
        }
        let Some(line) = self.lines.next_line(FIXED_BYTES_MAX)? else {
            return Ok(None);
        };
        let position = || self.lines.position();
        let header = HeaderLine::read(&line).with_context(position)?;
        header.check(&self.header).with_context(position)?;
        self.last = Some(hash_of(&line));
        Ok(self.last.clone())
    }

    fn unmask(
        &mut self,
        line: &str,
        previous: String,
        release: &Release,
        masks: Sum,
    ) -> anyhow::Result<ReleasedVotes> {
        let line: ReleaseLine = serde_json::from_str(line)?;
        self.number += 1;
        let at = (self.number, previous);
        let sums = line.sum_of(self.package.event(), at, release)?;
        let package = Arc::clone(&self.package);
        let ballot = &package.event().ballots()[usize::from(release.unit.ballot)];
        let counts = match (sums, masks) {
            (Sum::Cells(sums), Sum::Cells(masks)) => self.counts_of(release.unit, &sums, &masks)?,
            (Sum::Rankings(rankings), Sum::Rankings(masks)) => {
                let witnesses = rankings.witnesses.wrapping_sub(masks.witnesses);
                self.rankings_of(ballot, release.unit, &rankings.records, witnesses)?
            }
            _ => bail!("it holds sums of a ranked ballot, or rankings of another"),
        };
        ensure!(
            counts.total() <= release.votes,
            "more votes came of it than the {} that it covers: a masked sum was changed, or one of the keys is not the event's",
            commandline::count(release.votes, "mark")
        );
        ensure!(
            counts.total() == release.votes,
            "{} came of {}: a masked sum was changed, or one of the keys is not the event's",
            commandline::count(counts.total(), "vote"),
            commandline::count(release.votes, "mark")
        );
        Ok(ReleasedVotes {
            unit: release.unit,
            at: release.last,
            time_ms: release.time_ms,
            counts,
        })
    }

    fn counts_of(&self, unit: Unit, sums: &[u32], masks: &[u32]) -> anyhow::Result<Counts> {
        let Some(Paper::Cells(choices)) = self.paper(unit) else {
            bail!("the event has no such ballot paper");
        };
        ensure!(
            sums.len() == choices.len() && masks.len() == choices.len(),
            "{} sums for a ballot paper of {} choices",
            sums.len(),
            choices.len()
        );
        let mut counts = Counts::default();
        for ((choice, sum), mask) in choices.iter().zip(sums).zip(masks) {
            match sum.wrapping_sub(*mask) {
                0 => {}
                votes => drop(counts.add(choice, votes.into())),
            }
        }
        Ok(counts)
    }

    /// Opens the rankings of a release. `witnesses`: the sum of those that its frames hold.
    ///
    /// # Errors
    /// They are not the rankings of these frames. None is told then: beside rankings of the forger's own, one
    /// would be that of a voter whom the forger knows.
    fn rankings_of(
        &self,
        ballot: &Ballot,
        unit: Unit,
        records: &[Vec<u8>],
        mut witnesses: u128,
    ) -> anyhow::Result<Counts> {
        let (Scope::Region(region), Some(paper)) = (unit.scope, self.paper(unit)) else {
            bail!("rankings of a whole country: they are released by region");
        };
        let mut counts = Counts::default();
        let manifest = self.package.manifest_sha256();
        for record in records {
            let at = (unit.ballot, region);
            let opened = self.opener.ranking(&manifest, at, paper, record);
            let opened = opened.filter(|(ranking, _)| ballot.check(region, ranking).is_ok());
            let (ranking, witness) = opened.context(
                "a ranking does not open, or is none that the ballot paper offers: it was changed or moved here, or the mask key is not the event's",
            )?;
            witnesses = witnesses.wrapping_sub(witness);
            counts.add(&ranking, 1);
        }
        ensure!(
            witnesses == 0,
            "its rankings are not those of its frames: some were exchanged or left out by whoever made the release; nothing of it is told, keep the file as evidence"
        );
        Ok(counts)
    }

    fn paper(&self, unit: Unit) -> Option<&Paper> {
        let region = match unit.scope {
            Scope::Country => 0,
            Scope::Region(region) => region,
        };
        self.package.papers(unit.ballot).paper(region)
    }
}
