//! What a simulated world stands on: a log, and what can go wrong with it in one life of an owner.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use ledger::log::Log;
use ledger::{Cursor, Follower, Frame, Item, LedgerError, SegmentHeader, Snapshots};

use super::rng::Rng;

/// A frame with the header of its segment.
pub type Framed = (SegmentHeader, Frame);

/// A log that fails, and what the world may know of it from outside.
pub trait Ground {
    /// The log that owners of this life are given.
    fn log(&self) -> Arc<dyn Log>;

    /// Where their voted bitsets are kept, if anywhere.
    fn snapshots(&self) -> Option<Snapshots>;

    /// A life begins; in the last one nothing fails.
    fn begin_life(&mut self, rng: &mut Rng, last: bool);

    /// Something may go wrong, or be put right, before the next batch.
    fn turn_of_events(&mut self, rng: &mut Rng);

    /// Nothing goes wrong any more in this life.
    fn calm(&mut self);

    /// Whether something happened after which the owner must not go on.
    fn must_stop(&self) -> bool;

    /// Whether something happened that explains why an owner stopped with this error.
    fn excuses(&self, _: &LedgerError) -> bool {
        self.must_stop()
    }

    /// The life has ended, and nobody runs.
    fn end_life(&mut self, rng: &mut Rng);

    /// Brings about, between two lives, what a start must refuse; says what. None where nothing is.
    fn tamper(&mut self, rng: &mut Rng) -> Option<&'static str>;

    /// What no start may change while it is refused: the voted bitsets.
    fn evidence(&self) -> BTreeMap<PathBuf, Vec<u8>>;

    /// Puts right again what [`Ground::tamper`] did.
    fn restore(&mut self);

    /// Whether an owner that was thought dead may go on beside the next one.
    fn allows_ghosts(&self) -> bool;

    /// Whether such an owner may go on between the batches of the next one, too.
    fn ghosts_linger(&self) -> bool {
        false
    }

    /// Every frame of the log, read from outside.
    fn read(&self) -> Result<Vec<Framed>, String>;

    /// What this log must keep beside the history, with an owner at frame `last`.
    fn check(&self, last: u64) -> Result<(), String>;

    /// Changes one byte of what is kept, where whether that is noticed can be told; `told` is the
    /// last frame that voters were answered for. Says which byte.
    fn rot(&mut self, rng: &mut Rng, told: u64) -> Option<String>;

    /// Takes back what [`Ground::rot`] changed.
    fn unrot(&mut self);
}

/// Every frame that a follower of the log is given.
pub fn follow(log: &dyn Log) -> Result<Vec<Framed>, String> {
    let failed = |error| format!("the log cannot be followed: {error}");
    let mut follower = Follower::open(log, 0, Cursor::default()).map_err(failed)?;
    let mut frames = Frames::default();
    while let Some(item) = follower.next_item().map_err(failed)? {
        frames.take(&item);
    }
    Ok(frames.0)
}

/// Collects frames from items in order.
#[derive(Default)]
pub struct Frames(pub Vec<Framed>, Option<SegmentHeader>);

impl Frames {
    /// Notes an item, the next one.
    pub fn take(&mut self, item: &Item) {
        match item {
            Item::Segment(header) => self.1 = Some(header.clone()),
            Item::Frame(frame) => {
                let header = self.1.clone().expect("a header comes first");
                self.0.push((header, frame.clone()));
            }
        }
    }
}
