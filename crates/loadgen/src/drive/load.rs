//! The state that all workers share: the plan, the voters, and the account of the answers.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::args::Settings;
use crate::connection::Target;
use crate::history::{Attempt, History};
use crate::judge::{Settled, Verdict};
use crate::offer::{Ballot, Offer};
use crate::plan::{Mix, Races, Slot, Votes};
use crate::progress::Progress;
use crate::race;
use crate::random::{Purpose, Random};
use crate::request::{self, Call, Credential};
use crate::roll::Voter;
use crate::schedule::Schedule;
use crate::score::Score;
use crate::truth::{Subject, Truth};

/// Recorded votes that are remembered to be repeated.
const REMEMBERED_MAX: usize = 4_096;
/// How long a worker waits before it looks again for a vote to repeat.
const NOTHING_RECORDED: Duration = Duration::from_millis(5);
/// Symbols of a made-up code, as minted codes have them.
const CODE_SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A run. All of it is fixed but the position and the account.
#[derive(Debug)]
pub(crate) struct Load {
    /// One at least, in the order in which they were given.
    pub(crate) targets: Arc<[Target]>,
    /// Connections that were dealt out to them.
    dealt: AtomicUsize,
    pub(crate) retry_for: Duration,
    seed: u64,
    roll: Vec<Voter>,
    offer: Offer,
    votes: Votes,
    mix: Mix,
    races: Races,
    schedule: Schedule,
    next: AtomicU64,
    stopping: watch::Sender<bool>,
    account: Mutex<Account>,
    history: Option<Mutex<History>>,
}

#[derive(Debug)]
struct Account {
    score: Score,
    truth: Option<Truth>,
    /// Numbers of recorded votes, a random selection.
    recorded: Vec<u64>,
}

impl Load {
    /// Plans the run. Errors where more votes are asked for than the roll can cast.
    pub(crate) fn new(settings: &Settings, roll: Vec<Voter>, offer: Offer) -> Result<Load> {
        let votes = Votes::new(&roll, &offer, settings.seed)?;
        let wanted = settings.votes.unwrap_or_else(|| votes.total());
        if wanted > votes.total() {
            bail!(
                "{wanted} votes asked for, the roll can cast {}: lower --votes or give a larger roll",
                votes.total()
            );
        }
        let truth = match &settings.truth {
            Some(path) => Some(Truth::create(path, settings.force, offer.ballots().len())?),
            None => None,
        };
        let history = match &settings.history {
            Some(path) => Some(Mutex::new(History::create(path, settings.force)?)),
            None => None,
        };
        let account = Account {
            score: Score::new()?,
            truth,
            recorded: Vec::new(),
        };
        Ok(Load {
            targets: Arc::clone(&settings.targets),
            dealt: AtomicUsize::new(0),
            retry_for: settings.retry_for,
            seed: settings.seed,
            roll,
            offer,
            votes,
            mix: Mix::new(settings, wanted),
            races: Races::new(settings),
            schedule: Schedule::new(settings.rate, settings.ramp),
            next: AtomicU64::new(0),
            stopping: watch::Sender::new(false),
            account: Mutex::new(account),
            history,
        })
    }

    /// Requests of the run.
    pub(crate) fn total(&self) -> u64 {
        self.mix.total()
    }

    /// The next request and when it is due, from the start; none at the end of the run.
    pub(crate) fn next(&self) -> Option<(Slot, Option<Duration>)> {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        (index < self.mix.total()).then(|| (self.mix.slot(index), self.schedule.due(index)))
    }

    /// How many times the request of a slot is sent at the same moment.
    pub(crate) fn times(&self, slot: Slot) -> u32 {
        self.races.times(slot)
    }

    /// Which target the next connection is made to first: they are dealt out evenly.
    pub(crate) fn first_target(&self) -> usize {
        self.dealt.fetch_add(1, Ordering::Relaxed)
    }

    /// Ends the run early: no further request is sent.
    pub(crate) fn stop(&self) {
        self.next.store(self.mix.total(), Ordering::Relaxed);
        self.stopping.send_replace(true);
    }

    /// Turns true when the run is to end early.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// The request of a slot. None where a recorded vote should be repeated and none was recorded in
    /// time.
    pub(crate) async fn request(&self, slot: Slot) -> Option<(Subject, Call)> {
        Some(match slot {
            Slot::Vote(number) => self.ballot_paper(number, Purpose::Choice, number),
            Slot::Duplicate(number) => {
                let recorded = self.recorded(number).await?;
                self.ballot_paper(recorded, Purpose::Repeat, number)
            }
            Slot::Invalid(number) | Slot::Slow(number) => self.stranger(number),
            Slot::Malformed(number) => (Subject::nobody(), request::malformed(number)),
        })
    }

    /// Vote `number` of the plan, with the choice that `purpose` and `draw` decide.
    fn ballot_paper(&self, number: u64, purpose: Purpose, draw: u64) -> (Subject, Call) {
        let (voter, nth) = self.votes.at(number);
        let voter = &self.roll[voter];
        let at = self.offer.ballots_of(voter.region)[nth];
        let ballot = &self.offer.ballots()[at];
        let choice = ballot
            .kind
            .choose(voter.region, &mut Random::of(self.seed, purpose, draw));
        let who = Credential {
            nas: voter.nas.as_bytes(),
            code: voter.code.as_bytes(),
            region: voter.region,
        };
        let call = request::vote(ballot, who, &choice);
        (
            Subject {
                vote: Some(number),
                ballot: at,
                region: voter.region,
                choice,
            },
            call,
        )
    }

    /// A well-formed vote that nobody on the roll can cast: made-up NAS and code, or, every second
    /// time, the NAS of a voter with a made-up code.
    fn stranger(&self, number: u64) -> (Subject, Call) {
        let mut random = Random::of(self.seed, Purpose::Stranger, number);
        let (voter, nth) = self.votes.at(random.below(self.votes.total()));
        let voter = &self.roll[voter];
        let at = self.offer.ballots_of(voter.region)[nth];
        let ballot: &Ballot = &self.offer.ballots()[at];
        let choice = ballot.kind.choose(voter.region, &mut random);
        let mut nas: [u8; 9] = std::array::from_fn(|_| b"0123456789"[random.position(10)]);
        let code: [u8; 17] = std::array::from_fn(|_| CODE_SYMBOLS[random.position(32)]);
        if number.is_multiple_of(2) {
            nas = *voter.nas.as_bytes();
        }
        let who = Credential {
            nas: &nas,
            code: &code,
            region: voter.region,
        };
        let call = request::vote(ballot, who, &choice);
        (
            Subject {
                vote: None,
                ballot: at,
                region: voter.region,
                choice,
            },
            call,
        )
    }

    /// Waits for a recorded vote and gives its number. None where no vote is recorded in time.
    async fn recorded(&self, number: u64) -> Option<u64> {
        let mut random = Random::of(self.seed, Purpose::Repeat, !number);
        let mut patience = self.retry_for.max(NOTHING_RECORDED);
        loop {
            {
                let recorded = &self.account().recorded;
                if let Some(&vote) = recorded.get(random.position(recorded.len())) {
                    return Some(vote);
                }
            }
            patience = patience.checked_sub(NOTHING_RECORDED)?;
            tokio::time::sleep(NOTHING_RECORDED).await;
        }
    }

    /// Writes down each attempt at a vote.
    pub(crate) fn note(&self, subject: &Subject, attempts: &[Attempt]) -> Result<()> {
        match (&self.history, subject.vote) {
            (Some(history), Some(vote)) => {
                let mut history = history.lock().unwrap_or_else(PoisonError::into_inner);
                history.add(vote, attempts)
            }
            _ => Ok(()),
        }
    }

    /// Counts the end of a request that was due at `due`, and was sent as often as it has `lanes` (one at least).
    pub(crate) fn settle(
        &self,
        slot: Slot,
        subject: Subject,
        due: Instant,
        lanes: &[Settled],
    ) -> Result<()> {
        let race::Judged {
            verdict,
            contradictions,
            open,
            decided,
        } = race::judge_all(slot, lanes);
        let retries = lanes.iter().map(|lane| lane.retries).sum();
        let latency = decided.saturating_duration_since(due);
        let mut account = self.account();
        account.score.add(&verdict, retries, latency);
        account.score.raced += u64::from(lanes.len() > 1);
        for what in &contradictions {
            account.score.contradiction(what);
        }
        if let (Slot::Vote(number), Verdict::Accepted(_) | Verdict::Recovered) = (slot, &verdict) {
            account.remember(number, &mut Random::of(self.seed, Purpose::Memory, number));
        }
        match &mut account.truth {
            Some(truth) => truth.book(verdict, open, subject),
            None => Ok(()),
        }
    }

    /// Counts a request that was due and is not sent.
    pub(crate) fn leave_out(&self) {
        self.account().score.left_out += 1;
    }

    /// Shows the account so far.
    pub(crate) fn show(&self, progress: &Progress) {
        progress.show(&self.account().score);
    }

    /// Ends the run after `elapsed`: the files get their names, the score is handed out.
    pub(crate) fn finish(self, elapsed: Duration) -> Result<Score> {
        let account = self
            .account
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(truth) = account.truth {
            truth.finish(self.offer.ballots()).context("truth file")?;
        }
        if let Some(history) = self.history {
            let history = history.into_inner();
            let history = history.unwrap_or_else(PoisonError::into_inner);
            history.finish().context("history")?;
        }
        let mut score = account.score;
        score.elapsed = elapsed;
        Ok(score)
    }

    /// The account, poisoned or not: a worker that panicked ends the run anyway.
    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account {
    /// Keeps a random selection of the recorded votes.
    fn remember(&mut self, vote: u64, random: &mut Random) {
        if self.recorded.len() < REMEMBERED_MAX {
            self.recorded.push(vote);
        } else {
            self.recorded[random.position(REMEMBERED_MAX)] = vote;
        }
    }
}
