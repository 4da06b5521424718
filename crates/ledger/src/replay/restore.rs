//! Voted bitsets at a start: from their snapshots and the frames behind them; and the same held
//! against a replay of all frames.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::decide::recent::RecentReceipts;
use crate::decide::voted::{ShardVotes, Voted};
use crate::decide::window::Window;
use crate::error::LedgerError;
use crate::format::chain::{Cursor, LinkHash};
use crate::format::decoder::Item;
use crate::format::defect::Defect;
use crate::format::frame::Frame;
use crate::format::shape::{BallotShape, Shape};
use crate::log::Log;
use crate::log::files::FilesLog;
use crate::replay::follower::Follower;
use crate::replay::recent::LastMinutes;
use crate::replay::snapshot::{Loaded, Snapshots};

/// Bitsets before the replay, with the frames that their snapshots claim to hold.
struct Restored {
    voted: Voted,
    claims: BTreeMap<u64, Claimed>,
    used: u64,
    refused: Vec<String>,
    /// The snapshots that were read, and those that were refused.
    files: Vec<PathBuf>,
    refused_files: Vec<PathBuf>,
}

/// The frame that a snapshot claims to hold.
struct Claimed {
    link: LinkHash,
    path: PathBuf,
    met: bool,
}

impl Restored {
    /// Bitsets in which nobody has voted.
    fn nothing(shape: &Shape, partition: u16) -> Restored {
        Restored {
            voted: Voted::new(shape, partition),
            claims: BTreeMap::new(),
            used: 0,
            refused: Vec::new(),
            files: Vec::new(),
            refused_files: Vec::new(),
        }
    }

    /// Reads every snapshot there is. One that does not fit is refused, never an error.
    fn read(snapshots: &Snapshots, shape: &Shape, partition: u16) -> Result<Restored, LedgerError> {
        let mut restored = Restored::nothing(shape, partition);
        let places: Vec<(u16, u32)> = restored
            .voted
            .shards()
            .map(|(ballot, shard, _)| (ballot, shard))
            .collect();
        for (ballot, shard) in places {
            let slot = snapshots.slot(shape, partition, ballot, shard);
            match slot.load()? {
                Loaded::Missing => {}
                Loaded::Refused(why) => {
                    restored.refused.push(why);
                    restored.refused_files.push(slot.path());
                }
                Loaded::Votes(votes, link) => {
                    restored.accept((ballot, shard), votes, link, slot.path());
                }
            }
        }
        Ok(restored)
    }

    fn accept(
        &mut self,
        (ballot, shard): (u16, u32),
        votes: ShardVotes,
        link: LinkHash,
        path: PathBuf,
    ) {
        self.files.push(path.clone());
        if votes.sequence > 0 {
            // Two snapshots of one frame with different hashes: at least one is of another
            // history, and this claim is never met.
            let claimed = Claimed {
                link,
                path,
                met: false,
            };
            let claim = self.claims.entry(votes.sequence).or_insert(claimed);
            if claim.link != link {
                claim.link = LinkHash::default();
            }
        }
        let slot = self.voted.shard_mut(ballot, shard);
        *slot.expect("the places are those of these bitsets") = votes;
        self.used += 1;
    }

    /// Looks at a frame of the ledger: a snapshot may claim to hold this very one.
    fn meet(&mut self, frame: &Frame) {
        if let Some(claim) = self.claims.get_mut(&frame.header.sequence) {
            claim.met |= claim.link == frame.link;
        }
    }

    /// The last frame that a snapshot claims to hold and the ledger does not have, and the snapshot.
    fn unmet(&self) -> Option<(u64, &Path)> {
        let mut unmet = self.claims.iter().rev().filter(|(_, claim)| !claim.met);
        let (frame, claim) = unmet.next()?;
        Some((*frame, &claim.path))
    }
}

/// The bitsets of a partition while its owner recovers the chain.
pub(crate) struct Rebuild {
    shape: Arc<Shape>,
    partition: u16,
    restored: Restored,
    last_minutes: LastMinutes,
    /// The receipts of the last minutes, once somebody wants them kept; those of earlier frames are read again.
    receipts: Option<RecentReceipts>,
    /// Frames up to this sequence are in every snapshot.
    replay_after: u64,
    /// The last frame visited.
    last: u64,
    replayed: u64,
    /// The ledger and the snapshots are of different histories.
    contradicted: bool,
}

/// The bitsets as of the last frame.
pub(crate) struct Rebuilt {
    pub(crate) voted: Voted,
    /// Receipts that may be asked for again.
    pub(crate) recent: RecentReceipts,
    /// Bitsets taken from snapshots.
    pub(crate) snapshots_used: u64,
    /// Snapshots that could not be used, and why.
    pub(crate) snapshots_refused: Vec<String>,
    /// Frames replayed behind the snapshots.
    pub(crate) replayed: u64,
    /// Snapshots that were there and were not used.
    pub(crate) not_used: Vec<PathBuf>,
}

impl Rebuild {
    /// From the snapshots, where there are any.
    pub(crate) fn begin(
        snapshots: Option<&Snapshots>,
        shape: Arc<Shape>,
        partition: u16,
    ) -> Result<Rebuild, LedgerError> {
        let restored = match snapshots {
            Some(snapshots) => Restored::read(snapshots, &shape, partition)?,
            None => Restored::nothing(&shape, partition),
        };
        Ok(Rebuild {
            shape,
            partition,
            replay_after: restored.voted.oldest(),
            restored,
            last_minutes: LastMinutes::default(),
            receipts: None,
            last: 0,
            replayed: 0,
            contradicted: false,
        })
    }

    /// Takes the next link of the chain.
    ///
    /// # Errors
    /// The segment of another ledger, or marks that cannot be.
    pub(crate) fn visit(&mut self, item: &Item) -> Result<(), Defect> {
        let frame = match item {
            Item::Segment(header) => return header.check(&self.shape, self.partition),
            Item::Frame(frame) => frame,
        };
        check_windows(&self.shape, frame)?;
        self.last_minutes.note(frame);
        if let Some(receipts) = &mut self.receipts {
            let (sequence, time_ms) = (frame.header.sequence, frame.header.time_ms);
            receipts.add(sequence, time_ms, frame.body()?.trackers);
        }
        self.restored.meet(frame);
        self.last = frame.header.sequence;
        if self.contradicted || frame.header.sequence <= self.replay_after {
            return Ok(());
        }
        match apply(&mut self.restored.voted, frame) {
            Ok(()) => {
                self.replayed += 1;
                Ok(())
            }
            // Perhaps the snapshots are wrong, not the ledger: a replay from nothing will tell.
            Err(Defect::Mark(_)) if self.restored.used > 0 => {
                self.contradicted = true;
                Ok(())
            }
            Err(defect) => Err(defect),
        }
    }

    /// From now on the receipts of the last minutes are kept while frames go by.
    ///
    /// # Errors
    /// Damage, or the system's.
    pub(crate) fn keep_receipts(&mut self, log: &dyn Log) -> Result<(), LedgerError> {
        if self.receipts.is_none() {
            let up_to = self.last;
            self.receipts = Some(self.last_minutes.receipts(log, self.partition, up_to)?);
        }
        Ok(())
    }

    /// The whole chain was visited. Where its marks contradict a snapshot, or a person accepted that
    /// frames are missing which snapshots name, all snapshots are dropped and every frame is replayed
    /// from `log`.
    ///
    /// # Errors
    /// [`LedgerError::RolledBack`] where a snapshot names a frame that the chain does not have, and
    /// nobody has decided to go on behind its last one.
    pub(crate) fn finish(
        mut self,
        log: &dyn Log,
        accepted: Option<u64>,
    ) -> Result<Rebuilt, LedgerError> {
        let unmet = self.restored.unmet();
        if let Some((frame, path)) = unmet
            && accepted != Some(self.last)
            && !is_ignored()
        {
            return Err(LedgerError::RolledBack {
                path: path.to_path_buf(),
                frame,
                last: self.last,
            });
        }
        if self.contradicted || unmet.is_some() {
            let mut dropped = self.restored;
            self.restored = Restored::nothing(&self.shape, self.partition);
            let why = "snapshots of another history: replayed from nothing";
            dropped.refused.push(why.to_owned());
            dropped.refused_files.append(&mut dropped.files);
            self.restored.refused = dropped.refused;
            self.restored.refused_files = dropped.refused_files;
            self.replayed = replay_all(log, self.partition, &mut self.restored.voted)?;
        }
        let recent = match self.receipts {
            Some(receipts) => receipts,
            None => self.last_minutes.receipts(log, self.partition, self.last)?,
        };
        Ok(Rebuilt {
            recent,
            voted: self.restored.voted,
            snapshots_used: self.restored.used,
            snapshots_refused: self.restored.refused,
            replayed: self.replayed,
            not_used: self.restored.refused_files,
        })
    }
}

/// Whether a test has the rule broken that frames which snapshots name must be there.
fn is_ignored() -> bool {
    #[cfg(test)]
    if crate::sabotage::is(crate::sabotage::Sabotage::AcceptAnyRollback) {
        return true;
    }
    false
}

/// Refuses votes of a ballot that was not open when their frame was stamped. Frames of times at which
/// every ballot was open are not decoded.
fn check_windows(shape: &Shape, frame: &Frame) -> Result<(), Defect> {
    let time_ms = frame.header.time_ms;
    let is_open = |ballot: &BallotShape| Window::of(ballot).refusal(time_ms).is_none();
    if shape.ballots.iter().all(is_open) {
        return Ok(());
    }
    for marks in frame.body()?.marks {
        let ballot = shape.ballots.get(usize::from(marks.ballot));
        if let Some(ballot) = ballot.filter(|ballot| !is_open(ballot)) {
            return Err(Defect::OutsideWindow {
                ballot: ballot.id.clone(),
                time_ms,
                opens_ms: ballot.opens_ms,
                closes_ms: ballot.closes_ms,
            });
        }
    }
    Ok(())
}

fn apply(voted: &mut Voted, frame: &Frame) -> Result<(), Defect> {
    let body = frame.body()?;
    Ok(voted.apply(frame.header.sequence, &body)?)
}

/// Replays every frame of a log into bitsets; returns how many there are.
fn replay_all(log: &dyn Log, partition: u16, voted: &mut Voted) -> Result<u64, LedgerError> {
    let mut follower = Follower::open(log, partition, Cursor::default())?;
    let mut frames = 0;
    while let Some(item) = follower.next_item()? {
        let Item::Frame(frame) = item else { continue };
        frames += 1;
        apply(voted, &frame).map_err(|defect| LedgerError::Followed {
            log: log.name(),
            sequence: frame.header.sequence - 1,
            defect,
        })?;
    }
    Ok(frames)
}

/// What the snapshots of a partition's bitsets are worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotCheck {
    /// How many snapshots were read.
    pub snapshots: u64,
    /// Snapshots that no start would use, and why.
    pub refused: Vec<String>,
    /// Where the bitsets from snapshots and the frames behind them differ from those of all frames.
    pub difference: Option<String>,
}

/// Rebuilds the voted bitsets twice, from the snapshots with the frames behind them and from all
/// frames, and compares them. A start trusts the first way, invariant 1 the second.
///
/// # Errors
/// Damage of the ledger itself, and the system's.
pub fn check_snapshots(
    log: &FilesLog,
    snapshots: &Snapshots,
    shape: &Shape,
    partition: u16,
) -> Result<SnapshotCheck, LedgerError> {
    // Read before the ledger: a validator may be writing, and a snapshot is never ahead of the frames.
    let mut restored = Restored::read(snapshots, shape, partition)?;
    let mut replayed = Voted::new(shape, partition);
    let mut difference = None;
    log.scan(partition, &mut |item| {
        let Item::Frame(frame) = item else {
            return Ok(());
        };
        let (sequence, body) = (frame.header.sequence, frame.body()?);
        replayed.apply(sequence, &body)?;
        restored.meet(frame);
        if let (None, Err(error)) = (&difference, restored.voted.apply(sequence, &body)) {
            difference = Some(format!("frame {sequence} on top of the snapshots: {error}"));
        }
        Ok(())
    })?;
    if restored.unmet().is_some() {
        difference
            .get_or_insert("a snapshot names a frame that the ledger does not have".to_owned());
    }
    if difference.is_none() {
        difference = first_difference(shape, &restored.voted, &replayed);
    }
    Ok(SnapshotCheck {
        snapshots: restored.used,
        refused: restored.refused,
        difference,
    })
}

fn first_difference(shape: &Shape, restored: &Voted, replayed: &Voted) -> Option<String> {
    let pairs = restored.shards().zip(replayed.shards());
    let mut differing = pairs.filter(|((_, _, one), (_, _, other))| one != other);
    let ((ballot, shard, one), (_, _, other)) = differing.next()?;
    let ballot = shape.ballots.get(usize::from(ballot));
    let id = &ballot.expect("the bitsets were made from this shape").id;
    let ordinal = (0..one.size()).find(|at| one.contains(*at) != other.contains(*at));
    Some(match ordinal {
        Some(ordinal) => {
            let (has, lacks) = if one.contains(ordinal) {
                ("snapshot", "ledger")
            } else {
                ("ledger", "snapshot")
            };
            format!(
                "{id}, shard {shard}, ordinal {ordinal}: voted by the {has}, not by the {lacks}"
            )
        }
        None => format!("{id}, shard {shard}: repeated attempts differ"),
    })
}
