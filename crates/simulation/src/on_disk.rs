//! The log of files on a simulated disk that loses, tears and rots.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use durable::Storage;
use ledger::log::{Log, files};
use ledger::{Item, LedgerError, Snapshots, layout};

use super::disk::{SimDisk, Taken};
use super::ground::{Framed, Frames, Ground, follow};
use super::plan::Plan;
use super::rng::Rng;

/// Where files of a ledger are on a simulated disk.
pub const DATA_DIR: &str = "/data";

pub(crate) struct OnDisk {
    disk: SimDisk,
    /// What goes wrong in each life but the last, where that is not drawn.
    plan: Option<Plan>,
    flipped: Option<(PathBuf, usize, u8)>,
    /// The ledger that was taken away.
    taken: Option<Taken>,
    /// An older copy of the ledger, with its last frame.
    copy: Option<(u64, Files)>,
    is_last: bool,
}

type Files = BTreeMap<PathBuf, Vec<u8>>;

impl OnDisk {
    pub(crate) fn new(rng: Rng, plan: Option<Plan>) -> OnDisk {
        OnDisk {
            disk: SimDisk::new(rng),
            plan,
            flipped: None,
            taken: None,
            copy: None,
            is_last: false,
        }
    }

    /// What the sidecar says, by its layout in docs/ledger.md; 0 where it says nothing.
    fn sidecar_sequence(&self) -> u64 {
        let path = layout::partition_dir(Path::new(DATA_DIR), 0).join("acknowledged");
        let bytes = self.disk.file(&path).unwrap_or_default();
        let field = bytes.get(16..).and_then(|rest| rest.first_chunk());
        field.map_or(0, |field| u64::from_le_bytes(*field))
    }

    /// Files below a directory of the data directory.
    fn below(&self, dir: &str) -> Files {
        let dir = Path::new(DATA_DIR).join(dir);
        let mut files = self.disk.files();
        files.retain(|path, _| path.starts_with(&dir));
        files
    }

    /// The last frame that a voted bitset names, by its layout in docs/ledger.md.
    fn voted_up_to(&self) -> u64 {
        let frame = |bytes: &Vec<u8>| Some(u64::from_le_bytes(*bytes.get(32..)?.first_chunk()?));
        let whole = |path: &PathBuf| path.extension() == Some("voted".as_ref());
        let voted = self.below("voted");
        let named = voted.iter().filter(|(path, _)| whole(path));
        named
            .filter_map(|(_, bytes)| frame(bytes))
            .max()
            .unwrap_or(0)
    }

    fn take_away(&mut self) {
        self.taken = Some(self.disk.take_away(&ledger_dir()));
    }

    fn storage(&self) -> Arc<dyn Storage> {
        Arc::new(self.disk.clone())
    }
}

fn ledger_dir() -> PathBuf {
    layout::ledger_dir(Path::new(DATA_DIR))
}

fn draw_plan(rng: &mut Rng) -> Plan {
    let at = Some(1 + rng.below(90));
    let count_reads = rng.chance(15);
    if rng.chance(75) {
        Plan {
            crash_at: at,
            count_reads,
            ..Plan::default()
        }
    } else {
        Plan {
            fail_at: at,
            count_reads,
            ..Plan::default()
        }
    }
}

impl Ground for OnDisk {
    fn log(&self) -> Arc<dyn Log> {
        Arc::new(files::open(self.storage(), Path::new(DATA_DIR)))
    }

    fn snapshots(&self) -> Option<Snapshots> {
        Some(Snapshots::new(self.storage(), Path::new(DATA_DIR)))
    }

    fn begin_life(&mut self, rng: &mut Rng, last: bool) {
        self.is_last = last;
        let plan = match self.plan {
            _ if last => Plan::default(),
            Some(plan) => plan,
            None => draw_plan(rng),
        };
        self.disk.start(plan);
    }

    fn turn_of_events(&mut self, rng: &mut Rng) {
        match rng.below(40) {
            2 => self.disk.set_full(true),
            3..8 => self.disk.set_full(false),
            8 if self.plan.is_none() && !self.is_last && self.taken.is_none() && rng.chance(10) => {
                self.take_away();
            }
            _ => {}
        }
    }

    fn calm(&mut self) {
        self.disk.set_full(false);
    }

    fn must_stop(&self) -> bool {
        self.disk.faulted() || self.taken.is_some()
    }

    fn end_life(&mut self, rng: &mut Rng) {
        if self.plan.is_some() || rng.chance(60) {
            self.disk.lose_power();
        }
        self.disk.start(Plan::default());
    }

    fn tamper(&mut self, rng: &mut Rng) -> Option<&'static str> {
        if self.plan.is_some() {
            return None;
        }
        if self.taken.is_some() {
            return Some("a ledger that is missing");
        }
        match rng.below(20) {
            0 => {
                self.take_away();
                Some("a ledger that is missing")
            }
            1..4 => {
                let frames = self.read().ok()?;
                self.copy = Some((frames.len() as u64, self.below("ledger")));
                None
            }
            4..10 => {
                let (last, files) = self.copy.clone()?;
                // What neither sidecar nor bitsets know of cannot be told.
                if self.voted_up_to() <= last {
                    return None;
                }
                self.take_away();
                self.disk.put(&files);
                Some("an older copy of the ledger")
            }
            _ => None,
        }
    }

    fn evidence(&self) -> Files {
        self.below("voted")
    }

    fn restore(&mut self) {
        if let Some(taken) = self.taken.take() {
            self.disk.put_back(&ledger_dir(), taken);
        }
    }

    fn allows_ghosts(&self) -> bool {
        false // the lock of the data directory rules them out
    }

    fn read(&self) -> Result<Vec<Framed>, String> {
        // The checker looks from outside: its reads are not calls of the process.
        let plan = self.disk.pause();
        let mut frames = Frames::default();
        let visit = |item: &Item| -> Result<(), LedgerError> {
            frames.take(item);
            Ok(())
        };
        let log = files::open(self.storage(), Path::new(DATA_DIR));
        let read = log.read_all(0, visit);
        let followed = follow(&log);
        self.disk.resume(plan);
        read.map_err(|error| format!("the ledger does not read: {error}"))?;
        // The sidecar may be one frame behind, on a disk too full to write it.
        let (frames, followed) = (frames.0, followed?);
        let is_prefix = frames.starts_with(&followed) && followed.len() + 1 >= frames.len();
        if is_prefix {
            Ok(frames)
        } else {
            Err("a follower reads something else than is there".to_owned())
        }
    }

    fn check(&self, last: u64) -> Result<(), String> {
        if self.sidecar_sequence() + 1 < last {
            return Err("the sidecar lags by more than one frame".to_owned());
        }
        Ok(())
    }

    /// Only where the sidecar knows of every frame that voters were told of. Where it does not (the
    /// power was lost, or the disk was too full to note one frame), rot of the last frame looks
    /// like a tear: the one case that the rules cannot tell.
    fn rot(&mut self, rng: &mut Rng, told: u64) -> Option<String> {
        if self.sidecar_sequence() < told || !rng.chance(20) {
            return None;
        }
        self.flipped = self.disk.rot(&mut rng.split());
        let (path, at, _) = self.flipped.as_ref()?;
        Some(format!("byte {at} of {}", path.display()))
    }

    fn unrot(&mut self) {
        if let Some(flipped) = self.flipped.take() {
            self.disk.unrot(flipped);
        }
    }
}
