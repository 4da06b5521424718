//! A small event on disk for the tests of the real program: package, both hands' keys, a ledger to vote into.
#![allow(dead_code, reason = "each test binary uses its part")]

pub(crate) mod database;
pub(crate) mod desk;
pub(crate) mod log;
pub(crate) mod postgres;
pub(crate) mod program;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use durable::{Clock, OsStorage, SteadyClock};
use election::{BallotIndex, Choice};
use ledger::log::files;
use ledger::{
    Decision, Enclosing, Hand, HandSecretKey, InvalidReason, LedgerError, Options, Partition,
    Reply, RequestId, Shape, Snapshots, Submission, SystemEntropy,
};
use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};
use shards::Package;
use specimen::{Definition, Election, Law, Method, Recipe, Roll, Specimen, write_secret};

/// Ballots in index order.
pub(crate) const LIVE: u16 = 0;
pub(crate) const STEPS: u16 = 1;
pub(crate) const LATER: u16 = 2;
pub(crate) const OVER: u16 = 3;
pub(crate) const SINGLE: u16 = 4;
pub(crate) const RANKED: u16 = 5;
pub(crate) const BALLOTS: u16 = 6;
/// A candidate of region 1 who no longer stands, in [`Fixture::with_a_withdrawal`].
pub(crate) const WITHDRAWN: u32 = 4;

/// Within every window: 15 July 2025.
pub(crate) const NOON_MS: i64 = 1_752_580_800_000;
/// After the window of ballot `OVER`, within those of the others: 1 February 2026.
pub(crate) const OVER_MS: i64 = 1_769_904_000_000;
/// After all windows: 1 February 2035.
pub(crate) const END_MS: i64 = 2_053_900_800_000;
const SHARD_BITS: u8 = 1;
const REGIONS: u16 = 3;

/// An event on disk.
pub(crate) struct Fixture {
    specimen: Specimen,
    pub(crate) package: Package,
}

/// Four laws with each policy of showing results, an election by single choice and a ranked one.
fn definition(hand_keys: [String; 2]) -> Definition {
    let steps = Law {
        release_min: 10,
        ..Law::live("STEPS")
    };
    let later = Law {
        results: "after_close",
        ..Law::live("LATER")
    };
    let over = Law {
        id: "OVER",
        closes: 2026,
        ..later
    };
    let election = |number, code, method| Election {
        number,
        code,
        method,
    };
    Definition {
        hand_keys,
        laws: vec![Law::live("LIVE"), steps, later, over],
        elections: vec![
            election(1, "SINGLE", Method::SingleChoice),
            election(2, "RANKED", Method::RankedChoice(3)),
        ],
        regions: (1..=REGIONS).collect(),
    }
}

/// A number that looks random and is the same every time.
pub(crate) fn mix(seed: u64) -> u64 {
    SplitMix64::seed_from_u64(seed).next_u64()
}

impl Fixture {
    /// An event with so many voters, each on every ballot.
    pub(crate) fn new(voters: u32) -> Fixture {
        Fixture::edited(voters, |definition| definition)
    }

    /// The same, but candidate [`WITHDRAWN`] of each election has withdrawn.
    pub(crate) fn with_a_withdrawal(voters: u32) -> Fixture {
        let number = format!("number = {WITHDRAWN}\nregion = 1\n");
        Fixture::edited(voters, |definition| {
            definition.replace(&number, &format!("{number}status = \"withdrawn\"\n"))
        })
    }

    /// The same with several partitions.
    pub(crate) fn partitioned(voters: u32, partitions: u16) -> Fixture {
        Fixture::made(voters, partitions, |text| text)
    }

    /// The same with a log, and two of three witnesses who must cosign.
    pub(crate) fn logged(voters: u32) -> Fixture {
        Fixture::edited(voters, |definition| definition + &log::definition())
    }

    /// The same of an authority that is named, with its logo in the package.
    pub(crate) fn with_logo(voters: u32) -> Fixture {
        let authority = "\n[authority]\nname_fr = \"Autorité\"\nname_en = \"Authority\"\n\
            telephone = \"1-800-555-0100\"\nsite = \"https://vote.example\"\n";
        Fixture::packed(voters, 1, |text| text + authority, Recipe::with_logo)
    }

    fn edited(voters: u32, edit: impl Fn(String) -> String) -> Fixture {
        Fixture::made(voters, 1, edit)
    }

    fn made(voters: u32, partitions: u16, edit: impl Fn(String) -> String) -> Fixture {
        Fixture::packed(voters, partitions, edit, |recipe| recipe)
    }

    fn packed(
        voters: u32,
        partitions: u16,
        edit: impl Fn(String) -> String,
        accompany: impl Fn(Recipe) -> Recipe,
    ) -> Fixture {
        let keys = Hand::ALL.map(|hand| HandSecretKey::generate(hand).expect("randomness"));
        let public = keys.each_ref().map(|key| key.public().to_string());
        let specimen = Specimen::new(&accompany(Recipe {
            definition: edit(definition(public).to_toml()),
            roll: Roll::new(voters, 1..=REGIONS),
            shard_bits: SHARD_BITS,
            partitions,
            ..Recipe::default()
        }));
        for key in &keys {
            let path = specimen.path(&format!("{}.key", key.hand()));
            write_secret(&path, key.to_file_text().as_bytes());
        }
        let package = Package::open(&specimen.package(), &specimen.signed()).expect("a package");
        Fixture { specimen, package }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.specimen.path(name)
    }

    /// What the ledger must know.
    pub(crate) fn shape(&self) -> Shape {
        let package = &self.package;
        let sizes = |ballot| {
            (0..1 << SHARD_BITS)
                .map(|shard| package.credentials_in(ballot, shard))
                .collect()
        };
        let partitions = package.manifest().partitions;
        Shape::of(
            package.event(),
            package.manifest_sha256(),
            partitions,
            sizes,
        )
    }

    /// A ledger under `<home>/<data>`, open for votes.
    pub(crate) fn ballot_box(&self, data: &str) -> BallotBox<'_> {
        self.ballot_box_of(data, 0)
    }

    /// The same for one partition of several.
    pub(crate) fn ballot_box_of(&self, data: &str, partition: u16) -> BallotBox<'_> {
        self.open_box(data, partition, self.shape())
    }

    /// The same by a validator that was told something else of the event.
    pub(crate) fn ballot_box_of_shape(&self, data: &str, shape: Shape) -> BallotBox<'_> {
        self.open_box(data, 0, shape)
    }

    fn open_box(&self, data: &str, partition: u16, shape: Shape) -> BallotBox<'_> {
        let (shape, clock) = (Arc::new(shape), Arc::new(SetClock(AtomicI64::new(NOON_MS))));
        let options = Options {
            partition,
            segment_bytes: 1 << 20,
            ..Options::default()
        };
        let log = files::open(Arc::new(OsStorage), &self.path(data));
        let snapshots = Snapshots::new(Arc::new(OsStorage), &self.path(data));
        let number = options.partition;
        match ledger::begin(&log, Some(&snapshots), number) {
            Ok(()) | Err(LedgerError::Begun { .. }) => {}
            Err(error) => panic!("the ledger cannot be begun: {error}"),
        }
        let (partition, _) = Partition::open(
            Arc::new(log),
            Some(snapshots),
            Arc::new(SteadyClock::start(Arc::clone(&clock) as Arc<dyn Clock>)),
            Shape::clone(&shape),
            options,
        )
        .expect("a ledger");
        let enclosing = Enclosing::new(&shape).expect("a sound mask key");
        let (tell, told) = channel();
        BallotBox {
            fixture: self,
            enclosing,
            partition,
            clock,
            tell,
            told,
            truth: BTreeMap::new(),
        }
    }

    /// Shard, ordinal and region of the `nth` credential of a ballot.
    pub(crate) fn credential(&self, ballot: u16, nth: u32) -> Option<(u32, u32, u16)> {
        let index = BallotIndex(ballot);
        let mut ordinal = nth;
        for shard in 0..1 << SHARD_BITS {
            let size = self.package.credentials_in(index, shard);
            if ordinal < size {
                let region = self.package.region_at(index, shard, ordinal).ok()??;
                return Some((shard, ordinal, region));
            }
            ordinal -= size;
        }
        None
    }
}

/// A clock that stands where a test puts it.
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed).unsigned_abs())
    }
}

struct Tell(Sender<Decision>);

impl Reply for Tell {
    fn reply(self, outcome: Decision) {
        // A test that ended does not want to know.
        let _ = self.0.send(outcome);
    }
}

/// An open ledger, and what was voted into it.
pub(crate) struct BallotBox<'a> {
    fixture: &'a Fixture,
    enclosing: Enclosing,
    partition: Partition<Tell>,
    clock: Arc<SetClock>,
    tell: Sender<Decision>,
    told: Receiver<Decision>,
    /// Votes by (ballot, region, choice).
    pub(crate) truth: BTreeMap<(u16, u16, Choice), u64>,
}

impl BallotBox<'_> {
    /// Sets the ledger's clock.
    pub(crate) fn set_time(&self, ms: i64) {
        self.clock.0.store(ms, Ordering::Relaxed);
    }

    /// Sends a vote of the `nth` credential and waits for its outcome.
    pub(crate) fn vote(&mut self, ballot: u16, nth: u32, choice: Choice) -> Decision {
        self.send(ballot, nth, choice);
        self.outcome()
    }

    /// The next decision told; panics when none comes in 10 seconds.
    pub(crate) fn outcome(&self) -> Decision {
        self.told
            .recv_timeout(Duration::from_secs(10))
            .expect("an outcome")
    }

    /// Queues a vote; accepted votes are noted as the truth, so send each credential once.
    pub(crate) fn send(&mut self, ballot: u16, nth: u32, choice: Choice) {
        let (shard, ordinal, region) = self.fixture.credential(ballot, nth).expect("on the roll");
        *self
            .truth
            .entry((ballot, region, choice.clone()))
            .or_default() += 1;
        self.submit(ballot, (shard, ordinal, region), choice);
    }

    /// Sends a credential again; it must have voted.
    pub(crate) fn repeat(&mut self, ballot: u16, nth: u32, choice: Choice) -> Decision {
        let place = self.fixture.credential(ballot, nth).expect("on the roll");
        self.submit(ballot, place, choice);
        self.outcome()
    }

    fn submit(&self, ballot: u16, (shard, ordinal, region): (u32, u32, u16), choice: Choice) {
        let enclosed = self
            .enclosing
            .enclose(&mut SystemEntropy, ballot, region, &choice);
        let mut submission = Submission {
            ballot,
            shard,
            ordinal,
            region,
            vote: enclosed.expect("a choice of the ballot paper"),
            tracker: None,
            records_repeat: true,
            reply: Tell(self.tell.clone()),
        };
        while let Err(back) = self.partition.submit(submission) {
            submission = back;
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// A choice that this credential may make, by a seed.
    pub(crate) fn choice(&self, ballot: u16, nth: u32, seed: u64) -> Choice {
        let (_, _, region) = self.fixture.credential(ballot, nth).expect("on the roll");
        let first = u32::from(region - 1) * 4 + 1;
        let roll = mix(seed ^ u64::from(nth) << 20 ^ u64::from(ballot));
        let candidate = |shift: u32| first + u32::try_from(roll >> shift & 3).expect("small");
        match ballot {
            SINGLE => Choice::Candidate(candidate(0)),
            RANKED => {
                let mut ranking = vec![candidate(0)];
                for shift in [2, 4] {
                    if !ranking.contains(&candidate(shift)) {
                        ranking.push(candidate(shift));
                    }
                }
                Choice::Ranking(ranking)
            }
            _ => match roll % 10 {
                0 => Choice::Blanc,
                1..=5 => Choice::Oui,
                _ => Choice::Non,
            },
        }
    }

    /// Votes of credentials `from..to` on every ballot, with some duplicates and invalid attempts.
    /// Returns the receipts.
    pub(crate) fn fill(&mut self, from: u32, to: u32) -> Vec<RequestId> {
        for nth in from..to {
            for ballot in 0..BALLOTS {
                let choice = self.choice(ballot, nth, 1);
                self.send(ballot, nth, choice);
            }
        }
        let mut receipts = Vec::new();
        for _ in 0..(to - from) * u32::from(BALLOTS) {
            match self.outcome() {
                Decision::Accepted { receipt, .. } => receipts.push(receipt),
                other => panic!("{other:?}"),
            }
        }
        for nth in (from..to).step_by(17) {
            let outcome = self.repeat(LIVE, nth, Choice::Oui);
            assert!(matches!(outcome, Decision::Duplicate { .. }), "{outcome:?}");
        }
        self.partition
            .note_invalid(Some(LIVE), InvalidReason::NotOnRoll, 1);
        self.partition
            .note_invalid(None, InvalidReason::NoSuchBallot, 1);
        receipts
    }

    /// Commits what waits and closes the ledger.
    pub(crate) fn close(self) -> BTreeMap<(u16, u16, Choice), u64> {
        self.partition.shutdown();
        self.truth
    }

    /// Sum of the truth.
    pub(crate) fn votes(&self, ballot: u16, choice: &Choice) -> u64 {
        let of = |((b, _, c), votes): (&(u16, u16, Choice), &u64)| {
            if *b == ballot && c == choice {
                *votes
            } else {
                0
            }
        };
        self.truth.iter().map(of).sum()
    }
}
