//! A log in memory, for tests: it keeps the contract of [`Log`], answers what no disk answers on
//! command, and lets another owner take a lease away. Nothing survives the process.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::error::LedgerError;
use crate::format::chain::LinkHash;
use crate::format::defect::Defect;
use crate::format::frame::Frame;
use crate::format::link::{EncodedLink, LinkKind};
use crate::log::{Append, Barrier, Claim, Followed, Lease, LinkStream, Log, Recovery, Room, Visit};

/// What the next append answers instead of what it would.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The answer is [`Append::Full`].
    Full,
    /// [`Append::Unknown`], and the link is appended all the same.
    UnknownWritten,
    /// [`Append::Unknown`], and the link is lost.
    UnknownLost,
    /// Another owner takes the lease first, so that the answer is [`Append::Fenced`].
    Fenced,
    /// The answer is [`Append::Conflict`].
    Conflict,
}

/// Handle to a log in memory; clones are the same log.
#[derive(Clone, Default)]
pub struct MemoryLog(Arc<Mutex<LogState>>);

#[derive(Default)]
struct LogState {
    chains: BTreeMap<u16, Chain>,
    trouble: Option<Trouble>,
    /// Barriers that will answer [`Barrier::Unknown`].
    unreachable: u32,
    offered: Vec<EncodedLink>,
}

#[derive(Default)]
struct Chain {
    /// Of the last lease taken.
    epoch: u32,
    links: Vec<EncodedLink>,
}

impl Chain {
    fn head(&self) -> LinkHash {
        self.links
            .last()
            .map_or_else(LinkHash::default, |link| link.hash)
    }

    fn frames(&self) -> u64 {
        let is_frame = |link: &&EncodedLink| matches!(link.kind, LinkKind::Frame { .. });
        self.links.iter().filter(is_frame).count() as u64
    }

    /// Index of the header with which a stream to frame `next` begins: that of the segment which
    /// holds it or, where segments without a frame stand before it, of the first of those.
    fn start_of(&self, next: u64) -> usize {
        // `first` is the sequence of the first frame behind a header.
        let (mut chosen, mut first) = (0, 1);
        for (at, link) in self.links.iter().enumerate() {
            match link.kind {
                LinkKind::Header { .. } if first > next => break,
                LinkKind::Header { .. } => {
                    chosen = at;
                    if first == next {
                        break;
                    }
                }
                LinkKind::Frame { sequence } => first = sequence + 1,
            }
        }
        chosen
    }
}

impl MemoryLog {
    /// A log without any link.
    pub fn new() -> MemoryLog {
        MemoryLog::default()
    }

    /// The next append meets this trouble.
    pub fn next_append_meets(&self, trouble: Trouble) {
        self.state().trouble = Some(trouble);
    }

    /// The next `count` barriers answer [`Barrier::Unknown`].
    pub fn next_barriers_fail(&self, count: u32) {
        self.state().unreachable = count;
    }

    /// No trouble is ahead any more.
    pub fn calm(&self) {
        let mut state = self.state();
        (state.trouble, state.unreachable) = (None, 0);
    }

    /// What the next append will meet.
    pub fn trouble_ahead(&self) -> Option<Trouble> {
        self.state().trouble
    }

    /// Every link that owners sent, in order, whatever became of it: a link sent twice stands here
    /// twice.
    pub fn offered(&self) -> Vec<EncodedLink> {
        self.state().offered.clone()
    }

    fn state(&self) -> MutexGuard<'_, LogState> {
        self.0.lock().expect("no holder of the lock panics")
    }
}

impl Log for MemoryLog {
    fn name(&self) -> String {
        "memory".to_owned()
    }

    fn begin(&self, partition: u16) -> Result<(), LedgerError> {
        match self.state().chains.entry(partition) {
            Entry::Occupied(_) => Err(LedgerError::Begun { found: self.name() }),
            Entry::Vacant(vacant) => {
                vacant.insert(Chain::default());
                Ok(())
            }
        }
    }

    fn lease(&self, claim: Claim) -> Result<Box<dyn Lease>, LedgerError> {
        let mut state = self.state();
        let chain = state.chains.get_mut(&claim.partition);
        let missing = || LedgerError::Missing { log: self.name() };
        let chain = chain.ok_or_else(missing)?;
        chain.epoch += 1;
        Ok(Box::new(MemoryLease {
            epoch: chain.epoch,
            partition: claim.partition,
            log: self.clone(),
        }))
    }

    fn read_from(&self, partition: u16, after: u64) -> Result<Box<dyn LinkStream>, LedgerError> {
        let mut state = self.state();
        let chain = state.chains.entry(partition).or_default();
        let last = chain.frames();
        if after > last {
            let (expected, got) = (last + 1, after.saturating_add(1));
            return Err(self.defective(after, Defect::Sequence { expected, got }));
        }
        Ok(Box::new(MemoryStream {
            partition,
            after,
            next: None,
            log: self.clone(),
        }))
    }

    fn frame(&self, partition: u16, sequence: u64) -> Result<Option<Frame>, LedgerError> {
        let state = self.state();
        let links = state.chains.get(&partition).map(|chain| &chain.links);
        let kind = LinkKind::Frame { sequence };
        let mut found = links.into_iter().flatten().filter(|link| link.kind == kind);
        let decoded = found.next().map(|link| Frame::decode(&link.bytes));
        let decoded = decoded.transpose();
        decoded.map_err(|defect| self.defective(sequence.saturating_sub(1), defect))
    }
}

impl MemoryLog {
    fn defective(&self, sequence: u64, defect: Defect) -> LedgerError {
        LedgerError::Followed {
            log: self.name(),
            sequence,
            defect,
        }
    }
}

struct MemoryLease {
    partition: u16,
    epoch: u32,
    log: MemoryLog,
}

impl Lease for MemoryLease {
    fn recover(
        &mut self,
        mut followed: Followed,
        visit: &mut Visit<'_>,
    ) -> Result<Recovery, LedgerError> {
        let mut state = self.log.state();
        let chain = state.chains.entry(self.partition).or_default();
        let known =
            usize::try_from(followed.position().links()).expect("links that were in memory");
        let behind = chain.links.get(known..).ok_or_else(|| {
            let sequence = followed.position().cursor.sequence;
            let (expected, got) = (sequence, chain.links.len() as u64);
            self.log
                .defective(sequence, Defect::Sequence { expected, got })
        })?;
        for link in behind {
            let sequence = followed.position().cursor.sequence;
            followed
                .take(&link.bytes, visit)
                .map_err(|defect| self.log.defective(sequence, defect))?;
        }
        let time_ms = followed.time_ms();
        Ok(Recovery {
            position: followed.position(),
            epoch: self.epoch,
            time_ms,
            torn_tail: None,
            kept: None,
            sidecar_damaged: false,
        })
    }

    fn append(&mut self, link: &EncodedLink) -> Result<Append, LedgerError> {
        let state = &mut *self.log.state();
        state.offered.push(link.clone());
        let trouble = state.trouble.take();
        let chain = state.chains.entry(self.partition).or_default();
        if trouble == Some(Trouble::Fenced) {
            chain.epoch += 1;
        }
        if chain.epoch != link.epoch {
            return Ok(Append::Fenced);
        }
        let follows = link.number == chain.links.len() as u64 + 1
            && link.previous == chain.head()
            && link.partition == self.partition;
        if !follows || trouble == Some(Trouble::Conflict) {
            return Ok(Append::Conflict);
        }
        match trouble {
            Some(Trouble::Full) => return Ok(Append::Full(no_room())),
            Some(Trouble::UnknownLost) => return Ok(unknown()),
            _ => chain.links.push(link.clone()),
        }
        Ok(match trouble {
            Some(Trouble::UnknownWritten) => unknown(),
            _ => Append::Appended,
        })
    }

    fn barrier(&mut self) -> Result<Barrier, LedgerError> {
        let state = &mut *self.log.state();
        if let Some(left) = state.unreachable.checked_sub(1) {
            state.unreachable = left;
            return Ok(Barrier::Unknown("told to be out of reach".to_owned()));
        }
        let chain = state.chains.entry(self.partition).or_default();
        Ok(if chain.epoch == self.epoch {
            Barrier::Reached(chain.head())
        } else {
            Barrier::Fenced
        })
    }

    fn prepare(&mut self) -> Result<Room, LedgerError> {
        Ok(Room::Ready)
    }

    fn release(&mut self) -> Result<(), LedgerError> {
        Ok(())
    }
}

fn unknown() -> Append {
    Append::Unknown("told to leave it open".to_owned())
}

fn no_room() -> LedgerError {
    LedgerError::io("write", Path::new("memory"))(io::ErrorKind::StorageFull.into())
}

struct MemoryStream {
    partition: u16,
    /// The last frame that the reader has.
    after: u64,
    /// Index of the next link; none before the first call that finds something.
    next: Option<usize>,
    log: MemoryLog,
}

impl LinkStream for MemoryStream {
    fn next_bytes(&mut self, bytes_max: usize) -> Result<Vec<u8>, LedgerError> {
        let mut state = self.log.state();
        let chain = state.chains.entry(self.partition).or_default();
        let mut out = Vec::new();
        if chain.frames() <= self.after {
            return Ok(out);
        }
        let mut next = self.next.unwrap_or_else(|| chain.start_of(self.after + 1));
        let links = chain.links.iter().skip(next);
        for link in links {
            if out.len() >= bytes_max {
                break;
            }
            next += 1;
            match link.kind {
                LinkKind::Frame { sequence } if sequence <= self.after => {}
                LinkKind::Frame { sequence } => {
                    self.after = sequence;
                    out.extend_from_slice(&link.bytes);
                }
                LinkKind::Header { .. } => out.extend_from_slice(&link.bytes),
            }
        }
        self.next = Some(next);
        Ok(out)
    }
}
