//! One simulated run: voters race for the same credentials, the disk fails, the machine stops and
//! starts again, and after every start the ledger is held against the history.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use election::Choice;
use ledger::{
    BallotShape, BoxSecretKey, Committer, Decision, InvalidReason, LedgerError, Options,
    RecoveryReport, Shape, Submission, layout,
};

use super::checker::Checker;
use super::clock::SimClock;
use super::disk::{Plan, SimDisk};
use super::history::{Answers, Attempt, Batch, Tell};
use super::rng::Rng;

/// Times the process is started in one run.
const LIVES: u64 = 40;
/// Batches handed over in one life, at most.
const BATCHES_MAX: u64 = 30;
pub(crate) const DATA_DIR: &str = "/data";

/// What a run saw.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) crashes: u64,
    pub(crate) acknowledged: u64,
    pub(crate) duplicates: u64,
    pub(crate) refused_full: u64,
    pub(crate) torn_tails: u64,
    /// Starts that a crash or a fault ended.
    pub(crate) starts_cut: u64,
    /// Segments that starts found, and bitsets that they took from snapshots.
    pub(crate) segments: u64,
    pub(crate) snapshots_used: u64,
    pub(crate) rot_refused: u64,
    pub(crate) rot_harmless: u64,
    pub(crate) frames: u64,
}

impl Tally {
    pub(crate) fn add(mut self, other: Tally) -> Tally {
        self.crashes += other.crashes;
        self.acknowledged += other.acknowledged;
        self.duplicates += other.duplicates;
        self.refused_full += other.refused_full;
        self.torn_tails += other.torn_tails;
        self.starts_cut += other.starts_cut;
        self.segments += other.segments;
        self.snapshots_used += other.snapshots_used;
        self.rot_refused += other.rot_refused;
        self.rot_harmless += other.rot_harmless;
        self.frames += other.frames;
        self
    }
}

pub(crate) struct World {
    rng: Rng,
    disk: SimDisk,
    clock: SimClock,
    shape: Shape,
    checker: Checker,
    batches: Vec<Batch>,
    /// Sequence of the last frame that the running process has committed.
    last_sequence: u64,
    /// Commit time never goes below this.
    time_ms: i64,
    segment_bytes: u64,
    snapshot_votes: u64,
    tally: Tally,
}

impl World {
    pub(crate) fn new(seed: u64) -> World {
        let mut rng = Rng::new(seed);
        let secret = BoxSecretKey::generate_from(&mut rng.split()).expect("a seeded source");
        let shape = shape(&secret, &mut rng);
        let clock = SimClock::default();
        clock.pass(1_000);
        World {
            disk: SimDisk::new(rng.split()),
            clock,
            checker: Checker::new(&secret, &shape.ballots),
            shape,
            batches: Vec::new(),
            last_sequence: 0,
            time_ms: i64::MIN,
            segment_bytes: 2_000 + rng.below(20_000),
            snapshot_votes: 5 + rng.below(40),
            tally: Tally::default(),
            rng,
        }
    }

    /// Lives all lives; the last one ends in order.
    pub(crate) fn run(mut self) -> Result<Tally, String> {
        for life in 0..LIVES {
            let last = life + 1 == LIVES;
            let plan = if last {
                Plan::default()
            } else {
                self.draw_plan()
            };
            self.disk.start(plan);
            self.live(last)?;
            if !last {
                self.tally.crashes += 1;
                let power = self.rng.chance(60);
                if power {
                    self.disk.lose_power();
                }
                self.disk.start(Plan::default());
                if self.sidecar_is_current() && self.rng.chance(20) {
                    self.rot()?;
                }
            }
        }
        Ok(self.tally)
    }

    /// Two lives: one that goes by `plan` and loses its power, one that must find everything.
    pub(crate) fn run_plan(mut self, plan: Plan) -> Result<Tally, String> {
        self.disk.start(plan);
        self.live(false)?;
        self.disk.lose_power();
        self.disk.start(Plan::default());
        self.live(true)?;
        Ok(self.tally)
    }

    fn draw_plan(&mut self) -> Plan {
        let at = Some(1 + self.rng.below(90));
        let count_reads = self.rng.chance(15);
        if self.rng.chance(75) {
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

    fn open(&mut self) -> Result<(Committer<Tell>, RecoveryReport), LedgerError> {
        let options = Options {
            segment_bytes: self.segment_bytes,
            snapshot_votes: self.snapshot_votes,
            entropy: Box::new(self.rng.split()),
            on_full: Box::new(|_| {}), // a simulated disk is full all the time: nobody is to act
            ..Options::default()
        };
        let (disk, clock) = (Arc::new(self.disk.clone()), Arc::new(self.clock.clone()));
        let shape = self.shape.clone();
        let (committer, _, report) =
            Committer::open(disk, clock, Path::new(DATA_DIR), shape, options)?;
        Ok((committer, report))
    }

    /// From a start to the crash, or to the orderly end.
    fn live(&mut self, last: bool) -> Result<(), String> {
        let mut committer = match self.open() {
            Ok((committer, report)) => {
                self.tally.torn_tails += u64::from(report.torn_tail.is_some());
                self.tally.segments = report.segments;
                self.tally.snapshots_used += report.snapshots_used;
                self.last_sequence = report.last.sequence;
                committer
            }
            Err(_) if self.disk.faulted() => {
                self.tally.starts_cut += 1;
                return Ok(());
            }
            Err(error) => return Err(format!("refused to start: {error}")),
        };
        self.check(&committer)?;
        for _ in 0..self.rng.below(BATCHES_MAX) {
            self.turn_of_events();
            let stepped = self
                .hand_over(&mut committer)
                .and_then(|()| committer.maintain());
            if self.went_down(stepped)? {
                return Ok(());
            }
            if self.sidecar_sequence() + 1 < committer.last_sequence() {
                return Err("the sidecar lags by more than one frame".to_owned());
            }
        }
        self.disk.set_full(false);
        if last || self.rng.chance(30) {
            let closed = committer.close();
            self.went_down(closed)?;
        }
        if last { self.check(&committer) } else { Ok(()) }
    }

    /// What the sidecar says, by its layout in docs/ledger.md; 0 where it says nothing.
    fn sidecar_sequence(&self) -> u64 {
        let path = layout::partition_dir(Path::new(DATA_DIR), 0).join("acknowledged");
        let bytes = self.disk.file(&path).unwrap_or_default();
        let field = bytes.get(16..).and_then(|rest| rest.first_chunk());
        field.map_or(0, |field| u64::from_le_bytes(*field))
    }

    /// Whether the sidecar knows of every frame that voters were told of. Where it does not (the
    /// power was lost, or the disk was too full to note one frame), rot of the last frame looks
    /// like a tear: the one case that the rules cannot tell.
    fn sidecar_is_current(&self) -> bool {
        let told = self.batches.iter().filter(|batch| batch.acknowledged());
        let last = told.map(|batch| batch.sequence).max().unwrap_or(0);
        self.sidecar_sequence() >= last
    }

    /// A fatal error must come from an injected fault, and every injected fault must be fatal.
    fn went_down(&self, result: Result<(), LedgerError>) -> Result<bool, String> {
        match (result, self.disk.faulted()) {
            (Ok(()), false) => Ok(false),
            (Err(_), true) => Ok(true),
            (Ok(()), true) => Err("went on after a failed write or sync".to_owned()),
            (Err(error), false) => Err(format!("stopped without a fault: {error}")),
        }
    }

    fn turn_of_events(&mut self) {
        self.clock.pass(self.rng.below(400));
        match self.rng.below(40) {
            0 => self.clock.step(-5_000),
            1 => self.clock.step(3_000),
            2 => self.disk.set_full(true),
            3..8 => self.disk.set_full(false),
            _ => {}
        }
    }

    fn hand_over(&mut self, committer: &mut Committer<Tell>) -> Result<(), LedgerError> {
        let answers: Answers = Arc::new(Mutex::new(Vec::new()));
        let attempts: Vec<Attempt> = (0..self.rng.below(25)).map(|_| self.attempt()).collect();
        let mut submissions: Vec<Submission<Tell>> = attempts
            .iter()
            .enumerate()
            .map(|(at, attempt)| Submission {
                ballot: attempt.ballot,
                shard: attempt.shard,
                ordinal: attempt.ordinal,
                region: attempt.region,
                choice: attempt.choice.clone(),
                reply: Tell {
                    at,
                    answers: Arc::clone(&answers),
                },
            })
            .collect();
        if self.rng.chance(10) {
            committer.note_invalid(Some(0), InvalidReason::NotOnRoll);
        }
        let (sequence, clock_ms) = (self.last_sequence + 1, self.clock.now().max(self.time_ms));
        self.batches.push(Batch {
            attempts,
            sequence,
            clock_ms,
        });
        let stepped = committer.step(&mut submissions);
        let told = std::mem::take(&mut *answers.lock().expect("one thread"));
        self.note(told, committer.last_sequence());
        stepped
    }

    fn attempt(&mut self) -> Attempt {
        let ballot = u16::try_from(self.rng.index(self.shape.ballots.len())).expect("few");
        let sizes = &self.shape.ballots[usize::from(ballot)].shard_sizes;
        let shard = self.rng.index(sizes.len());
        let ordinal = u32::try_from(self.rng.below(sizes[shard].into())).expect("small");
        let candidate = u32::try_from(self.rng.below(4)).expect("small");
        let choice = match (ballot, candidate) {
            (0, 0) => Choice::Oui,
            (0, 1) => Choice::Blanc,
            (0, _) => Choice::Non,
            (1, _) => Choice::Candidate(candidate),
            _ => Choice::Ranking(vec![candidate + 1, candidate + 7]),
        };
        let region = u16::try_from(self.rng.below(3)).expect("small");
        let shard = u32::try_from(shard).expect("few");
        Attempt {
            ballot,
            shard,
            ordinal,
            region,
            choice,
            outcome: None,
        }
    }

    fn note(&mut self, told: Vec<(usize, Decision)>, last_sequence: u64) {
        let Some(batch) = self.batches.last_mut() else {
            return;
        };
        for (at, outcome) in told {
            batch.attempts[at].outcome = Some(outcome);
            match outcome {
                Decision::Accepted { .. } => self.tally.acknowledged += 1,
                Decision::Duplicate { .. } => self.tally.duplicates += 1,
                Decision::Full => self.tally.refused_full += 1,
                _ => {}
            }
        }
        if last_sequence > self.last_sequence {
            (self.last_sequence, self.time_ms) = (last_sequence, batch.clock_ms);
        }
    }

    fn check(&mut self, committer: &Committer<Tell>) -> Result<(), String> {
        // The checker looks from outside: its reads are not calls of the process.
        let plan = self.disk.pause();
        let data_dir = PathBuf::from(DATA_DIR);
        let checked = self
            .checker
            .check(&self.disk, &data_dir, &self.batches, committer.voted());
        self.disk.resume(plan);
        let (fold, time_ms) = checked?;
        self.tally.frames = fold.cursor.sequence;
        self.time_ms = time_ms;
        check_turned_away(&self.batches, &self.shape.ballots)
    }

    /// Flips bits of one byte. A start either refuses, or shows the same history.
    fn rot(&mut self) -> Result<(), String> {
        let Some(flipped) = self.disk.rot(&mut self.rng.split()) else {
            return Ok(());
        };
        match self.open() {
            Ok((committer, _)) => {
                self.tally.rot_harmless += 1;
                self.check(&committer).map_err(|what| {
                    format!("byte {} of {:?} flipped: {what}", flipped.1, flipped.0)
                })
            }
            Err(_) => {
                self.tally.rot_refused += 1;
                self.disk.unrot(flipped);
                Ok(())
            }
        }
    }
}

/// Whoever was told "not open" or "closed" came outside the window.
fn check_turned_away(batches: &[Batch], ballots: &[BallotShape]) -> Result<(), String> {
    for batch in batches {
        for attempt in &batch.attempts {
            let window = &ballots[usize::from(attempt.ballot)];
            let told_truly = match attempt.outcome {
                Some(Decision::NotOpen) => batch.clock_ms < window.opens_ms,
                Some(Decision::Closed) => batch.clock_ms >= window.closes_ms,
                _ => true,
            };
            if !told_truly {
                return Err(format!("a voter was turned away at {} ms", batch.clock_ms));
            }
        }
    }
    Ok(())
}

fn shape(secret: &BoxSecretKey, rng: &mut Rng) -> Shape {
    let mut size = |max| 1 + u32::try_from(rng.below(max)).expect("small");
    let mut ballot = |id: &str, opens_ms, closes_ms| BallotShape {
        id: id.to_owned(),
        opens_ms,
        closes_ms,
        shard_sizes: vec![size(400), size(90)],
    };
    Shape {
        event_id: "SIM".to_owned(),
        manifest_sha256: [3; 32],
        box_public_key: secret.public(),
        ballots: vec![
            ballot("LAW", i64::MIN, i64::MAX),
            ballot("ELECTION", 5_000, 60_000),
            ballot("RANKED", 0, i64::MAX),
        ],
    }
}
