//! Holds frames back until a checkpoint covers them: for whoever counts a ledger that others have written.
//!
//! Frames go in as they are read ([`Coverage::take`]), checkpoints as they come ([`Coverage::checkpoint`]).
//! Frames come out ([`Coverage::next_covered`]) when log and witnesses have signed the tree over them, as the
//! policy asks. Of a checkpoint that is far ahead of what was read, only the leaves of the frames before it are
//! kept, and the frames are let go beyond 64 MiB: once the root is right, [`Coverage::rewind`] says from where
//! to read again, and each frame is compared with its leaf. So no reader needs more memory for a larger ledger.

use std::collections::VecDeque;
use std::mem;

use ledger::{Cursor, Frame, Item, SegmentHeader};
use transparency::{Attested, Hash, KeyName, NotAttested, Note, Policy};

use crate::error::TlogError;
use crate::frame_log::FrameLog;

/// Bytes of frames that wait in memory, at most; the last frame may reach beyond.
pub const HELD_BYTES_MAX: usize = 64 << 20;

/// Lets frames of one partition pass as far as checkpoints cover them.
pub struct Coverage {
    log: FrameLog,
    origin: KeyName,
    policy: Policy,
    accepted: Option<Accepted>,
    waiting: Option<Accepted>,
    /// The last header that was read, until the next frame.
    header: Option<SegmentHeader>,
    /// Frames behind the last one that came out, without gaps.
    held: VecDeque<Held>,
    held_bytes: usize,
    /// The last frame that came out.
    out: Cursor,
    /// Sequence of the last frame that went in: where the reader stands.
    read: u64,
}

/// A checkpoint that the policy accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// With its signatures, as it came.
    pub note: Note,
    /// What it says, and which witnesses of the policy cosigned it when.
    pub attested: Attested,
}

/// A frame with the header of its segment, where it is the first frame of it.
struct Held {
    header: Option<SegmentHeader>,
    frame: Frame,
}

/// What became of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It is the newest one that the frames read so far have been held against.
    Covers,
    /// It covers more frames than were read, and is looked at again when they have come. Where another
    /// one waits already, that one goes on waiting: its frames come first.
    Waits,
    /// It is smaller than one before, and of the same tree.
    Older,
}

/// Why a checkpoint, or a frame, is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CoverageError {
    /// The policy does not accept the checkpoint.
    #[error(transparent)]
    NotAttested(#[from] NotAttested),
    /// The checkpoint is of another log of the policy.
    #[error(
        "the checkpoint is of {got}, and this partition's log is {expected}: give the checkpoint of this partition"
    )]
    Origin {
        /// Name of this partition's log.
        expected: KeyName,
        /// Name in the checkpoint.
        got: KeyName,
    },
    /// The frames are not those that were signed.
    #[error(
        "there are two histories of {origin}: its log and witnesses ({}) signed root {signed} over {size} frames, and the first {size} frames of this ledger have root {got}; this ledger is not the one that they signed. Count neither: keep this ledger and the checkpoint, and show both to the election's officers",
        witnesses(.signed_by)
    )]
    TwoHistories {
        /// Name of the log.
        origin: KeyName,
        /// Frames that the checkpoint covers.
        size: u64,
        /// The root that was signed.
        signed: Hash,
        /// The root over the frames that were read.
        got: Hash,
        /// Names of the witnesses that cosigned.
        signed_by: Vec<String>,
    },
    /// The frame cannot be taken, or is not the one that was read before.
    #[error(transparent)]
    Log(#[from] TlogError),
}

fn witnesses(names: &[String]) -> String {
    match names {
        [] => "none asked for".to_owned(),
        names => names.join(", "),
    }
}

impl Accepted {
    /// How many frames it covers.
    pub fn size(&self) -> u64 {
        self.attested.checkpoint.size
    }
}

impl Coverage {
    /// Lets nothing pass yet. `log` is empty, and `origin` the name that its checkpoints must have.
    pub fn new(log: FrameLog, origin: KeyName, policy: Policy) -> Coverage {
        Coverage {
            log,
            origin,
            policy,
            accepted: None,
            waiting: None,
            header: None,
            held: VecDeque::new(),
            held_bytes: 0,
            out: Cursor::default(),
            read: 0,
        }
    }

    /// The tree over all frames that were read. Serve no more of it than is [covered](Coverage::covered).
    pub fn log(&self) -> &FrameLog {
        &self.log
    }

    /// How many frames are covered by the newest checkpoint that holds.
    pub fn covered(&self) -> u64 {
        self.accepted.as_ref().map_or(0, Accepted::size)
    }

    /// The newest checkpoint that holds, if there is one.
    pub fn accepted(&self) -> Option<&Accepted> {
        self.accepted.as_ref()
    }

    /// The checkpoint for whose frames this waits, if there is one: more than were read.
    pub fn waiting(&self) -> Option<&Accepted> {
        self.waiting.as_ref()
    }

    /// Takes what the reader of the ledger found next. Frames that were read before may come again, from any
    /// place; they must be the same.
    ///
    /// # Errors
    /// The frame does not follow, or the frames so far are not those that a checkpoint covers. This cannot
    /// be gone on with.
    pub fn take(&mut self, item: Item) -> Result<(), CoverageError> {
        let frame = match item {
            Item::Segment(header) => {
                self.header = Some(header);
                return Ok(());
            }
            Item::Frame(frame) => frame,
        };
        let leaf = self.log.leaf(&frame)?;
        if leaf.sequence <= self.log.size() {
            self.log.check_known(&leaf)?;
        } else {
            self.log.append_leaf(&leaf)?;
            self.settle()?;
        }
        self.read = leaf.sequence;
        self.hold(frame);
        Ok(())
    }

    /// Takes a checkpoint, whose signatures the policy must accept.
    ///
    /// One that covers no more than another before it is held against the tree of that size all the same:
    /// also an old one is of this history, or there are two.
    ///
    /// # Errors
    /// The policy refuses it, it is of another log, or the frames that were read are not those that it
    /// covers. Nothing has changed then; of another history, count nothing more.
    pub fn checkpoint(&mut self, note: Note) -> Result<Told, CoverageError> {
        let attested = self.policy.check(&note)?;
        let got = &attested.checkpoint.origin;
        if *got != self.origin {
            let (expected, got) = (self.origin.clone(), got.clone());
            return Err(CoverageError::Origin { expected, got });
        }
        let accepted = Accepted { note, attested };
        if accepted.size() > self.log.size() {
            self.waiting.get_or_insert(accepted);
            return Ok(Told::Waits);
        }
        self.check_root(&accepted)?;
        if accepted.size() < self.covered() {
            return Ok(Told::Older);
        }
        self.accepted = Some(accepted);
        Ok(Told::Covers)
    }

    /// The next frame that is covered, and before the first one of a segment its header; none where the next frame is not, or was not read yet.
    pub fn next_covered(&mut self) -> Option<Item> {
        let covered = self.covered();
        let next = self.held.front_mut()?;
        if next.frame.header.sequence > covered {
            return None;
        }
        if let Some(header) = next.header.take() {
            return Some(Item::Segment(header));
        }
        let Held { frame, .. } = self.held.pop_front()?;
        self.held_bytes -= held_bytes(&frame);
        self.out = frame.cursor();
        Some(Item::Frame(frame))
    }

    /// Behind which frame to read again, where frames are covered that were let go. Ask when nothing more
    /// comes out; it is answered once, and then the reader must be there.
    pub fn rewind(&mut self) -> Option<Cursor> {
        let is_missed = self.out.sequence < self.covered().min(self.read) && self.held.is_empty();
        if !is_missed {
            return None;
        }
        self.read = self.out.sequence;
        self.header = None;
        Some(self.out)
    }

    /// Holds the frame where it is the next one and there is room, and lets it go otherwise.
    ///
    /// Checkpoints cover frames, and the first frame of a segment names the hash of its header. A stream that is
    /// resumed inside a segment begins with a header that nothing covers: it is let go, and whoever reads what
    /// comes out keeps the one that came out before.
    fn hold(&mut self, frame: Frame) {
        let header = self.header.take();
        let next = self.out.sequence + self.held.len() as u64 + 1;
        if frame.header.sequence != next || self.held_bytes > HELD_BYTES_MAX {
            return;
        }
        self.held_bytes += held_bytes(&frame);
        let header = header.filter(|header| begins_with(header, &frame));
        self.held.push_back(Held { header, frame });
    }

    /// Looks at the checkpoint that waits, when its last frame has come.
    fn settle(&mut self) -> Result<(), CoverageError> {
        let size = self.log.size();
        if let Some(waiting) = self.waiting.take_if(|waiting| waiting.size() <= size) {
            self.check_root(&waiting)?;
            self.accepted = Some(waiting);
        }
        Ok(())
    }

    /// Checks that the frames which the checkpoint covers are those that were read.
    fn check_root(&self, accepted: &Accepted) -> Result<(), CoverageError> {
        let Attested {
            checkpoint,
            cosigned,
        } = &accepted.attested;
        let got = self.log.root_at(checkpoint.size)?;
        let got = got.expect("as many frames were read");
        if got == checkpoint.root {
            return Ok(());
        }
        Err(CoverageError::TwoHistories {
            origin: checkpoint.origin.clone(),
            size: checkpoint.size,
            signed: checkpoint.root,
            got,
            signed_by: cosigned.iter().map(|by| by.witness.clone()).collect(),
        })
    }
}

/// Whether the frame is the first one of the segment with this header, and says so itself.
fn begins_with(header: &SegmentHeader, frame: &Frame) -> bool {
    header.first_sequence == frame.header.sequence && header.link == frame.header.previous
}

/// What a frame takes in memory, about.
fn held_bytes(frame: &Frame) -> usize {
    mem::size_of::<Held>() + frame.body_bytes().len()
}
