//! One simulated run: voters race for the same credentials, the log fails, the owner stops and
//! starts again, and after every start the log is held against the history.

use std::sync::{Arc, Mutex};

use election::Choice;
use ledger::{
    Committer, Decision, Enclosing, InvalidReason, LedgerError, Options, RecoveryReport, Shape,
    Submission,
};

use super::checker::Checker;
use super::clock::{Expected, HOLD_MS, SimClock, is_far_behind};
use super::event::{BEGINS_MS, WINDOW_ENDS_MS, shape};
use super::ground::Ground;
use super::hands::Keys;
use super::history::{Answers, Attempt, Batch, Tell, check_turned_away};
use super::rng::Rng;
use super::tally::Tally;

/// Times an owner is started in one run.
const LIVES: u64 = 40;
/// Batches handed over in one life, at most.
const BATCHES_MAX: u64 = 30;
/// An hour, in ms: how far clocks jump.
const HOUR_MS: i64 = 3_600_000;
/// Batches that an owner which was thought dead is given.
const GHOST_BATCHES: u64 = 3;

/// An owner that was thought dead and goes on.
struct Ghost {
    committer: Committer<Tell>,
    view: View,
    /// How many batches it is given still.
    batches: u64,
}

/// What is known of an owner from outside.
#[derive(Clone, Copy)]
struct View {
    /// What it must take the time to be.
    expected: Expected,
    /// Sequence of the last frame that it has committed.
    last_sequence: u64,
    /// Its commit time never goes below this.
    time_ms: i64,
    /// The batch that it was given last.
    batch: Option<usize>,
}

/// A log, its owners one after the other, their voters, and everything that they were told.
pub struct World {
    rng: Rng,
    ground: Box<dyn Ground>,
    clock: SimClock,
    /// What is known of the running owner.
    view: View,
    lives: u64,
    shape: Shape,
    checker: Checker,
    enclosing: Enclosing,
    batches: Vec<Batch>,
    ghost: Option<Ghost>,
    segment_bytes: u64,
    snapshot_votes: u64,
    tally: Tally,
}

impl World {
    /// A world on the ground that `lay` makes from its randomness and its clock.
    pub fn new(seed: u64, lay: impl FnOnce(&mut Rng, &SimClock) -> Box<dyn Ground>) -> World {
        let mut rng = Rng::new(seed);
        let keys = Keys::drawn(&mut rng.split());
        let shape = shape(&keys, &mut rng);
        let clock = SimClock::default();
        clock.pass(BEGINS_MS + 1_000);
        World {
            ground: lay(&mut rng, &clock),
            view: View {
                expected: Expected::of(&clock),
                last_sequence: 0,
                time_ms: i64::MIN,
                batch: None,
            },
            lives: LIVES,
            clock,
            checker: Checker::new(&keys, &shape),
            enclosing: Enclosing::new(&Arc::new(shape.clone())).expect("a sound mask key"),
            shape,
            batches: Vec::new(),
            ghost: None,
            segment_bytes: 2_000 + rng.below(20_000),
            snapshot_votes: 5 + rng.below(40),
            tally: Tally::default(),
            rng,
        }
    }

    /// The same with fewer or more owners, one at least.
    #[must_use]
    pub fn with_lives(mut self, lives: u64) -> World {
        self.lives = lives;
        self
    }

    /// Lives all lives; the last one ends in order.
    ///
    /// # Errors
    /// What was violated.
    pub fn run(mut self) -> Result<Tally, String> {
        self.begin(false)?;
        let lives = self.lives;
        self.live_through(lives)
    }

    /// Two lives: one in which something goes wrong, one that must find everything.
    ///
    /// # Errors
    /// What was violated.
    pub fn run_twice(mut self) -> Result<Tally, String> {
        self.begin(true)?;
        self.live_through(2)
    }

    /// A person begins the ledger, and tries again where that fails.
    fn begin(&mut self, calm: bool) -> Result<(), String> {
        loop {
            self.ground.begin_life(&mut self.rng, calm);
            let (log, snapshots) = (self.ground.log(), self.ground.snapshots());
            let begun = ledger::begin(&*log, snapshots.as_ref(), 0);
            let is_excused = matches!(&begun, Err(error) if self.ground.excuses(error));
            self.ground.end_life(&mut self.rng);
            match begun {
                Ok(()) | Err(LedgerError::Begun { .. }) => return Ok(()),
                Err(_) if is_excused => {}
                Err(error) => return Err(format!("cannot be begun: {error}")),
            }
        }
    }

    fn live_through(mut self, lives: u64) -> Result<Tally, String> {
        for life in 0..lives {
            let last = life + 1 == lives;
            self.ground.begin_life(&mut self.rng, last);
            match self.rng.below(20) {
                0 => self.jump(),
                1..16 => self.clock.set_wrong(0),
                _ => {}
            }
            self.live(last)?;
            if !last {
                self.tally.crashes += 1;
                self.ground.end_life(&mut self.rng);
                self.tamper()?;
                self.rot()?;
            }
        }
        Ok(self.tally)
    }

    fn open(
        &mut self,
        accept_clock_behind: Option<u64>,
    ) -> Result<(Committer<Tell>, RecoveryReport), LedgerError> {
        self.view.expected = Expected::of(&self.clock);
        self.view.batch = None;
        let options = Options {
            segment_bytes: self.segment_bytes,
            snapshot_votes: self.snapshot_votes,
            entropy: Box::new(self.rng.split()),
            on_full: Box::new(|_| {}), // a simulated disk is full all the time: nobody is to act
            on_clock: Box::new(|_, _| {}),
            accept_clock_behind,
            ..Options::default()
        };
        let (log, snapshots) = (self.ground.log(), self.ground.snapshots());
        let clock = self.clock.started();
        Committer::open(log, snapshots, clock, self.shape.clone(), options)
    }

    /// A start. One that is refused because of the clock is settled by a person, who sets the clock
    /// right or decides to go on.
    fn start(&mut self) -> Result<Started, String> {
        let mut accepted = None;
        for _ in 0..3 {
            match self.open(accepted) {
                Ok((committer, report)) => {
                    let committer = Box::new(committer);
                    return Ok(Started::Owner(committer, Box::new(report), accepted));
                }
                Err(error) if self.ground.excuses(&error) => return Ok(Started::Cut),
                Err(LedgerError::ClockBehind { frame, last_ms, .. })
                    if accepted.is_none() && is_far_behind(&self.clock, last_ms) =>
                {
                    self.tally.clock_behind += 1;
                    match self.rng.chance(50)
                        && self.view.expected.now_ms(&self.clock) != self.clock.true_ms()
                    {
                        true => self.clock.set_wrong(0),
                        false => accepted = Some(frame),
                    }
                }
                Err(error) => return Err(format!("refused to start: {error}")),
            }
        }
        Err("a start was refused three times".to_owned())
    }

    /// From a start to the crash, or to the orderly end.
    fn live(&mut self, last: bool) -> Result<(), String> {
        let (mut committer, accepted) = match self.start()? {
            Started::Owner(committer, report, accepted) => {
                self.tally.torn_tails += u64::from(report.torn_tail.is_some());
                self.tally.segments = report.segments;
                self.tally.snapshots_used += report.snapshots_used;
                self.view.last_sequence = report.last.sequence;
                (*committer, accepted)
            }
            Started::Cut => {
                self.tally.starts_cut += 1;
                return Ok(());
            }
        };
        self.check(&committer)?;
        self.view.expected.begin(&self.clock, self.view.time_ms);
        if accepted.is_none() && is_far_behind(&self.clock, self.view.time_ms) {
            return Err("started behind a frame that lies in the future".to_owned());
        }
        while self.ghost.is_some() && !self.ground.ghosts_linger() {
            self.haunt()?;
        }
        for _ in 0..self.rng.below(BATCHES_MAX) {
            self.turn_of_events();
            if self.ground.ghosts_linger() && self.rng.chance(30) {
                self.haunt()?;
            }
            let stepped = self
                .hand_over(&mut committer)
                .and_then(|()| committer.maintain());
            if self.went_down(stepped)? {
                return Ok(());
            }
            self.ground.check(committer.last_sequence())?;
        }
        if !last && self.ground.allows_ghosts() && self.rng.chance(50) {
            self.ghost = Some(Ghost {
                committer,
                view: self.view,
                batches: GHOST_BATCHES,
            });
            return Ok(());
        }
        self.ground.calm();
        if last || self.rng.chance(30) {
            let closed = self.close(&mut committer);
            self.went_down(closed)?;
        }
        if last { self.check(&committer) } else { Ok(()) }
    }

    fn close(&mut self, committer: &mut Committer<Tell>) -> Result<(), LedgerError> {
        let settled = self.settle(committer)?;
        assert!(settled, "nothing goes wrong any more");
        committer.maintain()?;
        committer.close()
    }

    /// A fatal error must come from an injected fault, and every injected fault must be fatal.
    fn went_down(&mut self, result: Result<(), LedgerError>) -> Result<bool, String> {
        match (result, self.ground.must_stop()) {
            (Ok(()), false) => Ok(false),
            (Err(error), _) if self.ground.excuses(&error) => {
                self.tally.fenced += u64::from(matches!(error, LedgerError::Fenced { .. }));
                Ok(true)
            }
            (Ok(()), true) => {
                Err("went on after a failed write or sync, or without the lease".to_owned())
            }
            (Err(error), _) => Err(format!("stopped without a fault: {error}")),
        }
    }

    /// Lets an owner that was thought dead go on beside the next one: it must notice at its first link, and
    /// answer nobody.
    fn haunt(&mut self) -> Result<(), String> {
        let Some(mut ghost) = self.ghost.take() else {
            return Ok(());
        };
        std::mem::swap(&mut self.view, &mut ghost.view);
        let stepped = self.hand_over(&mut ghost.committer);
        std::mem::swap(&mut self.view, &mut ghost.view);
        match stepped {
            Ok(()) if ghost.batches > 1 => {
                ghost.batches -= 1;
                self.ghost = Some(ghost);
            }
            Ok(()) => {}
            Err(LedgerError::Fenced { .. }) => self.tally.fenced += 1,
            Err(error) => return Err(format!("a ghost was not fenced: {error}")),
        }
        self.ground.check(self.view.last_sequence)
    }

    fn turn_of_events(&mut self) {
        self.clock.pass(self.rng.below(400));
        // Seldom before windows end by themselves: most of a run is spent inside them.
        if self.clock.true_ms() > WINDOW_ENDS_MS && self.rng.chance(3) {
            self.clock.pass(HOLD_MS.unsigned_abs());
        }
        match self.rng.below(150) {
            0 => self.clock.set_wrong(-5_000),
            1 => self.clock.set_wrong(3_000),
            2 => self.jump(),
            3..40 => self.clock.set_wrong(0),
            _ => {}
        }
        self.ground.turn_of_events(&mut self.rng);
    }

    /// The system's clock jumps by hours.
    fn jump(&mut self) {
        let hours = i64::try_from(self.rng.below(100)).expect("small") - 50;
        self.clock.set_wrong(hours * HOUR_MS);
    }

    /// Asks what became of a link that nobody knows of. `true` = nothing is open any more.
    fn settle(&mut self, committer: &mut Committer<Tell>) -> Result<bool, LedgerError> {
        let settled = committer.settle();
        self.harvest(committer);
        settled
    }

    fn hand_over(&mut self, committer: &mut Committer<Tell>) -> Result<(), LedgerError> {
        if !self.settle(committer)? {
            return Ok(());
        }
        let answers: Answers = Arc::new(Mutex::new(Vec::new()));
        let attempts: Vec<Attempt> = (0..self.rng.below(25)).map(|_| self.attempt()).collect();
        let (enclosing, mut entropy) = (&self.enclosing, self.rng.split());
        let mut submissions: Vec<Submission<Tell>> = attempts
            .iter()
            .enumerate()
            .map(|(at, attempt)| Submission {
                ballot: attempt.ballot,
                shard: attempt.shard,
                ordinal: attempt.ordinal,
                region: attempt.region(),
                vote: enclosing
                    .enclose(
                        &mut entropy,
                        attempt.ballot,
                        attempt.region(),
                        &attempt.choice,
                    )
                    .expect("a choice of the paper"),
                tracker: None,
                records_repeat: true,
                reply: Tell {
                    at,
                    answers: Arc::clone(&answers),
                },
            })
            .collect();
        if self.rng.chance(10) {
            committer.note_invalid(Some(0), InvalidReason::NotOnRoll);
        }
        let times = self
            .view
            .expected
            .times(&self.clock, self.view.time_ms, &self.shape.ballots);
        self.view.batch = Some(self.batches.len());
        self.batches.push(Batch {
            attempts,
            sequence: self.view.last_sequence + 1,
            times,
            answers,
        });
        let before = committer.last_sequence();
        let stepped = committer.step(&mut submissions);
        if committer.last_sequence() == before + 1 {
            self.checker.note_committed(before + 1, &times);
        }
        self.tally.unsettled += u64::from(committer.is_unsettled());
        self.harvest(committer);
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
            _ => Choice::Ranking(vec![candidate + 1, candidate + 5]),
        };
        let shard = u32::try_from(shard).expect("few");
        Attempt {
            ballot,
            shard,
            ordinal,
            choice,
            told: None,
        }
    }

    /// Notes what voters of the last batch have been told, and how far its owner has come.
    fn harvest(&mut self, committer: &Committer<Tell>) {
        let Some(batch) = self.view.batch.map(|at| &mut self.batches[at]) else {
            return;
        };
        for decision in batch.harvest() {
            match decision {
                Decision::Accepted { .. } => self.tally.acknowledged += 1,
                Decision::ClockInDoubt => self.tally.in_doubt += 1,
                Decision::Duplicate { .. } => self.tally.duplicates += 1,
                Decision::Full => self.tally.refused_full += 1,
                _ => {}
            }
        }
        if committer.last_sequence() > self.view.last_sequence {
            self.view.last_sequence = committer.last_sequence();
            // Attempts alone move no time.
            if batch.has_votes() {
                self.view.time_ms = batch.times.stamp_ms;
            }
        }
    }

    fn check(&mut self, committer: &Committer<Tell>) -> Result<(), String> {
        let frames = self.ground.read()?;
        let checked = self
            .checker
            .check(&frames, &self.batches, committer.voted());
        let (fold, time_ms) = checked?;
        self.tally.frames = fold.cursor.sequence;
        self.view.time_ms = time_ms;
        self.ground.check(committer.last_sequence())?;
        check_turned_away(&self.batches, &self.shape.ballots)
    }

    /// What contradicts what is known must be refused, and nothing of it changed.
    fn tamper(&mut self) -> Result<(), String> {
        let evidence = self.ground.evidence();
        let Some(what) = self.ground.tamper(&mut self.rng) else {
            return Ok(());
        };
        self.catch_up();
        if self.open(None).is_ok() {
            return Err(format!("started with {what}"));
        }
        let (log, snapshots) = (self.ground.log(), self.ground.snapshots());
        if !evidence.is_empty() && ledger::begin(&*log, snapshots.as_ref(), 0).is_ok() {
            return Err(format!("began anew with {what}"));
        }
        if self.ground.evidence() != evidence {
            return Err(format!("a start with {what} changed the voted bitsets"));
        }
        self.tally.contradictions += 1;
        self.ground.restore();
        Ok(())
    }

    /// Lets the clock pass the last frame, so that it refuses nothing.
    fn catch_up(&self) {
        let behind = self.view.time_ms.saturating_sub(self.clock.true_ms());
        self.clock.set_wrong(behind.max(0));
    }

    /// Flips bits of one byte. A start either refuses, or shows the same history.
    fn rot(&mut self) -> Result<(), String> {
        let told = self.batches.iter().filter(|batch| batch.acknowledged());
        let told = told.map(|batch| batch.sequence).max().unwrap_or(0);
        let Some(what) = self.ground.rot(&mut self.rng, told) else {
            return Ok(());
        };
        self.catch_up();
        match self.open(None) {
            Ok((committer, _)) => {
                self.tally.rot_harmless += 1;
                self.check(&committer)
                    .map_err(|why| format!("{what} flipped: {why}"))
            }
            Err(_) => {
                self.tally.rot_refused += 1;
                self.ground.unrot();
                Ok(())
            }
        }
    }
}

/// What became of a start.
enum Started {
    /// With the frame behind which a person decided to go on, in spite of the clock.
    Owner(Box<Committer<Tell>>, Box<RecoveryReport>, Option<u64>),
    /// A crash or a fault ended it.
    Cut,
}
