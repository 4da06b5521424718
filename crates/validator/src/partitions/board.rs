//! Who owns each partition, as far as this validator knows, and the way of a vote to that owner.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use ledger::{Decision, InvalidReason, Partition, Submission};
use listener::within;
use relay::{NoAnswer, Peer};
use tokio::sync::Notify;

use super::delivery::VoteReply;
use super::unsent::Unsent;
use super::words::{self, Answer, LogQuestion, Refused};

/// How long a vote waits for news of the owner before it looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// A takeover is shorter: votes wait for it.
pub(crate) const UNOWNED_MAX: Duration = Duration::from_secs(10);

/// Where each partition is recorded.
pub(crate) struct Partitions {
    places: Vec<Known>,
    /// Told whenever a place changes.
    changed: Notify,
    unsent: Unsent,
    /// Whether the ledger has lost what it acknowledged.
    is_set_back: AtomicBool,
}

/// What is known of one partition.
struct Known {
    place: RwLock<Place>,
    ownership: Mutex<Ownership>,
    /// The last frame that this validator has seen while another one owns the partition.
    followed: AtomicU64,
    /// Whether this validator takes votes where it is the owner: not before the log is witnessed.
    takes_votes: AtomicBool,
}

/// Whether somebody owns a partition.
#[derive(Clone, Copy)]
enum Ownership {
    /// Nothing was heard of an owner yet.
    Unheard,
    Owned,
    /// Nobody does, since then.
    Unowned(Instant),
}

impl Known {
    /// Called with the place locked.
    fn note_owned(&self, is_owned: bool) {
        let ownership = self.ownership.lock();
        let mut ownership = ownership.unwrap_or_else(PoisonError::into_inner);
        *ownership = match (is_owned, *ownership) {
            (true, _) => Ownership::Owned,
            (false, Ownership::Owned) => Ownership::Unowned(Instant::now()),
            (false, before) => before,
        };
    }
}

/// Where the votes of a partition are recorded.
#[derive(Clone)]
pub(crate) enum Place {
    /// By this validator itself.
    Here(Arc<Partition<VoteReply>>),
    There(Arc<Peer>),
    /// By nobody at the moment.
    Nowhere,
}

/// Why there is no decision on a vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Undecided {
    /// Nothing is recorded: too many votes wait, nobody owned the partition for as long as the voter could wait, or
    /// the ledger was set back.
    Overloaded,
    /// Nothing is recorded: too few witnesses have cosigned the log of the partition.
    Unwitnessed,
    /// It may be recorded.
    Unknown,
}

/// What came of handing a vote to the owner of its partition.
enum Handed {
    Decided(Decision),
    /// The owner is another one by now: the vote can be handed to that one.
    Back(Submission<()>),
    Undecided(Undecided),
}

impl Partitions {
    /// So many partitions, which nobody owns yet. Where `is_witnessed`, none takes a vote before
    /// [`Partitions::take_votes`].
    pub(crate) fn new(count: u16, is_witnessed: bool) -> Partitions {
        let unowned = || Known {
            place: RwLock::new(Place::Nowhere),
            ownership: Mutex::new(Ownership::Unheard),
            followed: AtomicU64::new(0),
            takes_votes: AtomicBool::new(!is_witnessed),
        };
        Partitions {
            places: (0..count).map(|_| unowned()).collect(),
            changed: Notify::new(),
            unsent: Unsent::default(),
            is_set_back: AtomicBool::new(false),
        }
    }

    /// Whether the ledger has lost what it acknowledged: nothing is recorded here any more, nor handed on.
    pub(crate) fn is_set_back(&self) -> bool {
        self.is_set_back.load(Ordering::Relaxed)
    }

    /// Notes that it has; tells whether that was known.
    pub(super) fn note_set_back(&self) -> bool {
        self.is_set_back.swap(true, Ordering::Relaxed)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u16 {
        u16::try_from(self.places.len()).expect("they were counted so")
    }

    /// Where a partition is recorded; nowhere where there is none of that number.
    pub(crate) fn place(&self, partition: u16) -> Place {
        let known = self.places.get(usize::from(partition));
        known.map_or(Place::Nowhere, |known| {
            let place = known.place.read();
            place.unwrap_or_else(PoisonError::into_inner).clone()
        })
    }

    pub(crate) fn set(&self, partition: u16, place: Place) {
        let known = &self.places[usize::from(partition)];
        {
            let mut here = known.place.write().unwrap_or_else(PoisonError::into_inner);
            *here = place;
            known.note_owned(!matches!(*here, Place::Nowhere));
        }
        self.changed.notify_waiters();
    }

    /// Whether a partition takes votes where it is owned here; its log's witnesses say so.
    pub(crate) fn take_votes(&self, partition: u16, takes: bool) {
        let known = &self.places[usize::from(partition)];
        known.takes_votes.store(takes, Ordering::Relaxed);
    }

    /// Whether too few witnesses have cosigned the log of a partition that is owned here.
    pub(crate) fn is_unwitnessed(&self) -> bool {
        let here = self.here();
        here.iter().any(|(partition, _)| !self.takes(*partition))
    }

    fn takes(&self, partition: u16) -> bool {
        let known = &self.places[usize::from(partition)];
        known.takes_votes.load(Ordering::Relaxed)
    }

    /// Another validator owns it, or nobody; where this one does, it knows better.
    pub(super) fn set_if_elsewhere(&self, partition: u16, other: Option<Arc<Peer>>) {
        let known = &self.places[usize::from(partition)];
        let mut place = known.place.write().unwrap_or_else(PoisonError::into_inner);
        let is_news = match (&*place, &other) {
            (Place::Here(_), _) | (Place::Nowhere, None) => false,
            (Place::There(before), Some(now)) => !Arc::ptr_eq(before, now),
            _ => true,
        };
        if is_news {
            *place = other.map_or(Place::Nowhere, Place::There);
            known.note_owned(!matches!(*place, Place::Nowhere));
            drop(place);
            self.changed.notify_waiters();
        }
    }

    /// Those that this validator owns.
    pub(crate) fn here(&self) -> Vec<(u16, Arc<Partition<VoteReply>>)> {
        let here = |partition| match self.place(partition) {
            Place::Here(owned) => Some((partition, owned)),
            _ => None,
        };
        (0..self.count()).filter_map(here).collect()
    }

    /// How many partitions nobody has owned for `patience`, or nothing was heard of an owner yet. Where some partition
    /// has an owner, its voters are served here as well as anywhere.
    pub(crate) fn without_owner(&self, patience: Duration) -> usize {
        let places = self.places.iter();
        let unowned = places.filter(|known| {
            let ownership = known.ownership.lock();
            match *ownership.unwrap_or_else(PoisonError::into_inner) {
                Ownership::Unheard => true,
                Ownership::Owned => false,
                Ownership::Unowned(since) => since.elapsed() > patience,
            }
        });
        unowned.count()
    }

    /// The last frame of a partition that this validator knows of.
    pub(crate) fn last_sequence(&self, partition: u16) -> u64 {
        match self.place(partition) {
            Place::Here(owned) => owned.state().last_sequence(),
            _ => {
                let known = self.places.get(usize::from(partition));
                known.map_or(0, |known| known.followed.load(Ordering::Relaxed))
            }
        }
    }

    pub(crate) fn note_followed(&self, partition: u16, sequence: u64) {
        let known = &self.places[usize::from(partition)];
        known.followed.fetch_max(sequence, Ordering::Relaxed);
    }

    /// Has a vote decided by the owner of its partition, whoever that is. While nobody is, the vote waits.
    ///
    /// # Errors
    /// There is no decision within `patience`.
    pub(crate) async fn submit(
        &self,
        partition: u16,
        mut submission: Submission<()>,
        patience: Duration,
    ) -> Result<Decision, Undecided> {
        let started = Instant::now();
        loop {
            if self.is_set_back() {
                return Err(Undecided::Overloaded);
            }
            let left = patience.saturating_sub(started.elapsed());
            let handed = match self.place(partition) {
                Place::Here(_) if !self.takes(partition) => {
                    Handed::Undecided(Undecided::Unwitnessed)
                }
                Place::Here(owned) => submit_here(&owned, submission, left).await,
                Place::There(other) => submit_there(&other, partition, submission, left).await,
                Place::Nowhere => Handed::Back(submission),
            };
            match handed {
                Handed::Decided(decision) => return Ok(decision),
                Handed::Undecided(why) => return Err(why),
                Handed::Back(back) => submission = back,
            }
            if started.elapsed() >= patience {
                return Err(Undecided::Overloaded);
            }
            within(LOOK_AGAIN, self.changed.notified()).await;
        }
    }

    /// The same for another validator that asks: a vote is handed on once.
    pub(super) async fn decide_here(
        &self,
        partition: u16,
        submission: Submission<()>,
        left: Duration,
    ) -> Answer {
        if self.is_set_back() {
            return Answer::NotOwner;
        }
        let Place::Here(owned) = self.place(partition) else {
            return Answer::NotOwner;
        };
        if !self.takes(partition) {
            return Answer::Unwitnessed;
        }
        match submit_here(&owned, submission, left).await {
            Handed::Decided(decision) => Answer::Decided(decision),
            Handed::Back(_) => Answer::NotOwner,
            Handed::Undecided(Undecided::Overloaded) => Answer::Overloaded,
            Handed::Undecided(Undecided::Unwitnessed) => Answer::Unwitnessed,
            Handed::Undecided(Undecided::Unknown) => Answer::Unknown,
        }
    }

    /// What the other owner of a partition answers to a question about its log; none where nobody can be asked.
    pub(crate) async fn ask_owner(
        &self,
        partition: u16,
        question: LogQuestion,
        patience: Duration,
    ) -> Option<Answer> {
        let Place::There(other) = self.place(partition) else {
            return None;
        };
        let answer = within(patience, other.ask(words::of_log(&question))).await;
        Some(Answer::read(&answer?.ok()?))
    }

    /// Counts attempts that were refused before they reached the ledger.
    pub(crate) fn note_invalid(&self, ballot: Option<u16>, reason: InvalidReason, count: u64) {
        let first_here = (0..self.count()).find_map(|partition| match self.place(partition) {
            Place::Here(owned) => Some(owned),
            _ => None,
        });
        match first_here {
            Some(owned) => owned.note_invalid(ballot, reason, count),
            None => self.unsent.add(ballot, reason, count),
        }
    }

    /// Hands refused attempts to an owner, where this validator has no partition to count them in.
    pub(crate) async fn send_refused(&self) {
        let refused = self.unsent.take();
        if refused.is_empty() {
            return;
        }
        let other = (0..self.count()).find_map(|partition| match self.place(partition) {
            Place::There(other) => Some(other),
            _ => None,
        });
        let answer = match other {
            Some(other) => other.ask(words::count(&refused)).await,
            None => Err(NoAnswer::NotSent("nobody owns a partition".to_owned())),
        };
        // What may have been counted is not counted twice: it is statistics, and nobody's vote.
        if matches!(answer, Err(NoAnswer::NotSent(_))) {
            self.keep(refused);
        }
    }

    fn keep(&self, refused: Refused) {
        for ((ballot, reason), count) in refused {
            self.unsent.add(ballot, reason, count);
        }
    }
}

async fn submit_here(
    owned: &Partition<VoteReply>,
    submission: Submission<()>,
    left: Duration,
) -> Handed {
    let (reply, decision) = VoteReply::new();
    match owned.submit(submission.with_reply(reply)) {
        Ok(()) => match within(left, decision).await {
            Some(Ok(decision)) => Handed::Decided(decision),
            // Too late, or the commit thread is gone.
            Some(Err(_)) | None => Handed::Undecided(Undecided::Unknown),
        },
        Err(back) if owned.is_stopping() => Handed::Back(back.with_reply(())),
        Err(_) => Handed::Undecided(Undecided::Overloaded),
    }
}

async fn submit_there(
    other: &Peer,
    partition: u16,
    submission: Submission<()>,
    left: Duration,
) -> Handed {
    let question = words::record(partition, &submission);
    match within(left, other.ask(question)).await {
        Some(Ok(answer)) => match Answer::read(&answer) {
            Answer::Decided(decision) => Handed::Decided(decision),
            Answer::NotOwner => Handed::Back(submission),
            Answer::Overloaded => Handed::Undecided(Undecided::Overloaded),
            Answer::Unwitnessed => Handed::Undecided(Undecided::Unwitnessed),
            Answer::Unknown | Answer::Counted | Answer::Told(_) | Answer::Promised(_) => {
                Handed::Undecided(Undecided::Unknown)
            }
        },
        Some(Err(NoAnswer::NotSent(_))) => Handed::Back(submission),
        Some(Err(NoAnswer::Unknown(_))) | None => Handed::Undecided(Undecided::Unknown),
    }
}
