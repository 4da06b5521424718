//! The log in memory: it leaves open whether a link was appended, fences its owner, and lets an
//! owner that was thought dead go on beside the next one.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use ledger::log::Log;
use ledger::log::memory::{MemoryLog, Trouble};
use ledger::{LinkHash, LinkKind, Snapshots};

use super::ground::{Framed, Ground, follow};
use super::rng::Rng;

#[derive(Default)]
pub(crate) struct InMemory {
    log: MemoryLog,
    /// What the next append was told to meet, the last time it was told so.
    armed: Option<Trouble>,
}

impl Ground for InMemory {
    fn log(&self) -> Arc<dyn Log> {
        Arc::new(self.log.clone())
    }

    fn snapshots(&self) -> Option<Snapshots> {
        None
    }

    fn begin_life(&mut self, _: &mut Rng, _: bool) {
        self.calm();
        self.armed = None;
    }

    fn turn_of_events(&mut self, rng: &mut Rng) {
        if self.must_stop() {
            return; // what happened counts until somebody has seen it
        }
        let trouble = match rng.below(40) {
            0..4 => Trouble::UnknownWritten,
            4..8 => Trouble::UnknownLost,
            8..12 => Trouble::Full,
            12 => Trouble::Fenced,
            13 => Trouble::Conflict,
            _ => return,
        };
        self.armed = Some(trouble);
        self.log.next_append_meets(trouble);
        if rng.chance(30) {
            let count = u32::try_from(rng.below(4)).expect("small");
            self.log.next_barriers_fail(count);
        }
    }

    fn calm(&mut self) {
        if self.log.trouble_ahead().is_some() {
            self.armed = None; // it did not happen
        }
        self.log.calm();
    }

    fn must_stop(&self) -> bool {
        let ends = matches!(self.armed, Some(Trouble::Fenced | Trouble::Conflict));
        ends && self.log.trouble_ahead().is_none()
    }

    fn end_life(&mut self, _: &mut Rng) {}

    fn tamper(&mut self, _: &mut Rng) -> Option<&'static str> {
        None
    }

    fn evidence(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        BTreeMap::new()
    }

    fn restore(&mut self) {}

    fn allows_ghosts(&self) -> bool {
        true
    }

    fn read(&self) -> Result<Vec<Framed>, String> {
        follow(&self.log)
    }

    /// No nonce encrypts two plaintexts: under one segment header, one sequence has one frame,
    /// however often it was sent.
    fn check(&self, _: u64) -> Result<(), String> {
        let mut headers: HashMap<u32, LinkHash> = HashMap::new();
        let mut sealed: HashMap<(LinkHash, u64), LinkHash> = HashMap::new();
        for link in self.log.offered() {
            let LinkKind::Frame { sequence } = link.kind else {
                headers.insert(link.epoch, link.hash);
                continue;
            };
            let header = headers.get(&link.epoch).copied().unwrap_or_default();
            let first = *sealed.entry((header, sequence)).or_insert(link.hash);
            if first != link.hash {
                return Err(format!("frame {sequence} was sealed twice under one key"));
            }
        }
        Ok(())
    }

    fn rot(&mut self, _: &mut Rng, _: u64) -> Option<String> {
        None
    }

    fn unrot(&mut self) {}
}
