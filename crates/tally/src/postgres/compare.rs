//! The database against the ledger, row by row, as of the frame at which the database stands.
//!
//! One read-only snapshot of the database; large tables are streamed and looked up in the fold, so
//! memory does not grow with the votes. The first difference is told in words and ends the work.

use std::collections::BTreeMap;
use std::pin::pin;

use election::{BallotKind, Choice};
use futures_util::TryStreamExt;
use ledger::{BoxSecretKey, Cursor};
use tokio_postgres::{Row, Transaction};

use super::error::DbError;
use super::migrate::check_version;
use super::pending::Unit;
use super::positions;
use super::rows::signed;
use super::session::{Session, WorkError};
use super::target::Target;
use crate::counts::Counts;
use crate::documents::hex;
use crate::ledger_count::LedgerCount;
use crate::recount::Recount;
use crate::time_text::system_time;

/// Outcome of a comparison.
#[derive(Default)]
pub(crate) struct Compared {
    /// The first difference, in words.
    pub(crate) difference: Option<String>,
    /// Frames that the ledger has beyond the database, of all partitions.
    pub(crate) frames_behind: u64,
}

/// What the tables should hold.
struct Expected<'a> {
    recount: &'a Recount,
    /// Folded up to the cursors.
    count: LedgerCount,
    /// Folded up to each unit's step, of all partitions: by ballot and region (laws: 0). None
    /// without the box key.
    units: Option<BTreeMap<(u16, u16), Counts>>,
}

/// Ends a comparison: a difference, or what kept it from being made.
enum Stop {
    Difference(String),
    Work(WorkError),
}

impl<E: Into<WorkError>> From<E> for Stop {
    fn from(error: E) -> Stop {
        Stop::Work(error.into())
    }
}

fn differ<T>(text: String) -> Result<T, Stop> {
    Err(Stop::Difference(text))
}

/// Compares every table with the ledger of `recount`; counts only where `key` opens them.
///
/// # Errors
/// The database cannot be read, or the ledger not be folded. A difference is no error.
pub(crate) async fn compare(
    target: &Target,
    recount: &Recount,
    key: Option<&BoxSecretKey>,
) -> anyhow::Result<Compared> {
    let mut session = Session::connect(target).await?;
    check_version(&mut session).await?;
    let work = async |tx: &Transaction<'_>| {
        tx.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .await?;
        let mut compared = Compared::default();
        match compare_in(tx, recount, key, &mut compared).await {
            Ok(()) => Ok(compared),
            Err(Stop::Difference(text)) => {
                compared.difference = Some(text);
                Ok(compared)
            }
            Err(Stop::Work(error)) => Err(error),
        }
    };
    Ok(session.transact("compare with the ledger", work).await?)
}

async fn compare_in(
    tx: &Transaction<'_>,
    recount: &Recount,
    key: Option<&BoxSecretKey>,
    compared: &mut Compared,
) -> Result<(), Stop> {
    check_origin(tx, recount).await?;
    let (cursors, steps) = positions::read(tx, recount.package.event()).await?;
    for (partition, head) in &recount.count.heads {
        let at = cursors.get(partition).map_or(0, |cursor| cursor.sequence);
        if at > head.sequence {
            return differ(format!(
                "partition {partition}: the database stands at frame {at}, the ledger ends at {}",
                head.sequence
            ));
        }
        compared.frames_behind += head.sequence - at;
    }
    let expected = expect(recount, key, &cursors, &steps)?;
    compare_accepted(tx, &expected).await?;
    compare_repeats(tx, &expected).await?;
    compare_invalid(tx, &expected).await?;
    compare_turnout(tx, &expected).await?;
    if expected.units.is_some() {
        compare_laws(tx, &expected).await?;
        compare_elections(tx, &expected).await?;
        compare_rankings(tx, &expected).await?;
    }
    Ok(())
}

async fn check_origin(tx: &Transaction<'_>, recount: &Recount) -> Result<(), Stop> {
    let row = tx
        .query_opt("SELECT event_id, manifest_sha256 FROM ledger_origin", &[])
        .await?;
    let Some(row) = row else {
        return differ("it has not been written yet".to_owned());
    };
    let identity = recount.package.identity();
    let (event, manifest): (String, Vec<u8>) = (row.get(0), row.get(1));
    if event != identity.event_id || manifest != identity.manifest_sha256 {
        return differ(format!("it is of event {event} and its package"));
    }
    Ok(())
}

/// Folds the ledger once more, up to where the tables stand.
fn expect<'a>(
    recount: &'a Recount,
    key: Option<&BoxSecretKey>,
    cursors: &BTreeMap<u16, Cursor>,
    steps: &BTreeMap<Unit, u64>,
) -> Result<Expected<'a>, Stop> {
    let package = &recount.package;
    let event = package.event();
    let mut count = LedgerCount::new(event, &**package);
    let mut units: BTreeMap<(u16, u16), Counts> = BTreeMap::new();
    let mut other_hash = None;
    let read = recount.directory.read(key, |frame| {
        let cursor = cursors.get(&frame.partition).copied().unwrap_or_default();
        if frame.at.sequence == cursor.sequence && frame.at != cursor {
            other_hash.get_or_insert((frame.partition, cursor));
        }
        if frame.at.sequence <= cursor.sequence {
            count.apply(event, frame, &**package)?;
        }
        for marks in &frame.body.marks {
            let is_law = event
                .ballots()
                .get(usize::from(marks.ballot))
                .is_some_and(|b| b.law().is_some());
            for (region, choice, votes) in frame.choices_of(marks.ballot).unwrap_or_default() {
                let region = if is_law { 0 } else { *region };
                let unit = Unit {
                    partition: frame.partition,
                    ballot: marks.ballot,
                    region,
                };
                if frame.at.sequence <= steps.get(&unit).copied().unwrap_or(0) {
                    units
                        .entry((marks.ballot, region))
                        .or_default()
                        .add(choice, *votes);
                }
            }
        }
        Ok(())
    });
    read.map_err(|error| Stop::Work(DbError::Ledger(error).into()))?;
    if let Some((partition, cursor)) = other_hash {
        return differ(format!(
            "partition {partition} frame {}: the database holds hash {}, the ledger another",
            cursor.sequence, cursor.link
        ));
    }
    Ok(Expected {
        recount,
        count,
        units: key.map(|_| units),
    })
}

impl Expected<'_> {
    /// Index, shard and ordinal of a row's credential; a difference where there is none.
    fn credential(&self, digest: &[u8], ballot: &str) -> Result<(usize, u32, u32), Stop> {
        let event = self.recount.package.event();
        let index = event.ballot(ballot).map(|ballot| ballot.index.0);
        let place = index.and_then(|index| {
            let (shard, ordinal) = self.recount.package.find(index, digest)?;
            Some((usize::from(index), shard, ordinal))
        });
        match place {
            Some(place) => Ok(place),
            None => differ(format!(
                "{} of ballot {ballot} is not on the roll",
                hex(digest)
            )),
        }
    }

    fn unit(&self, ballot: u16, region: u16) -> Counts {
        let units = self.units.as_ref();
        units
            .and_then(|units| units.get(&(ballot, region)))
            .cloned()
            .unwrap_or_default()
    }
}

async fn compare_accepted(tx: &Transaction<'_>, expected: &Expected<'_>) -> Result<(), Stop> {
    let query = "SELECT vote_hash, law_id, attempts FROM vote_audit WHERE status = 'accepted'";
    let mut rows = pin!(tx.query_raw(query, std::iter::empty::<&str>()).await?);
    let mut seen = vec![0u64; expected.count.ballots.len()];
    while let Some(row) = rows.try_next().await? {
        let (digest, ballot): (&[u8], &str) = (row.get(0), row.get(1));
        let (index, shard, ordinal) = expected.credential(digest, ballot)?;
        let voted = expected.count.ballots[index].has_voted(shard, ordinal) == Some(true);
        if !voted || row.get::<_, i64>(2) != 1 {
            return differ(format!(
                "vote_audit says that {} voted on {ballot}, the ledger does not",
                hex(digest)
            ));
        }
        seen[index] += 1;
    }
    for (ballot, seen) in expected.recount.package.event().ballots().iter().zip(seen) {
        let votes = expected.count.ballots[usize::from(ballot.index.0)].votes;
        if votes != seen {
            return differ(format!(
                "vote_audit has {seen} accepted votes on {}, the ledger {votes}",
                ballot.id
            ));
        }
    }
    Ok(())
}

async fn compare_repeats(tx: &Transaction<'_>, expected: &Expected<'_>) -> Result<(), Stop> {
    let tables = [
        (
            "vote_audit",
            "SELECT vote_hash, law_id, attempts FROM vote_audit WHERE status = 'duplicate'",
            0,
        ),
        (
            "duplicate_attempts",
            "SELECT vote_hash, law_id, attempt_count FROM duplicate_attempts",
            1,
        ),
    ];
    for (table, query, accepted) in tables {
        let mut rows = pin!(tx.query_raw(query, std::iter::empty::<&str>()).await?);
        let mut seen = 0;
        while let Some(row) = rows.try_next().await? {
            let (digest, ballot): (&[u8], &str) = (row.get(0), row.get(1));
            let (index, shard, ordinal) = expected.credential(digest, ballot)?;
            let repeats = expected.count.ballots[index].repeats.get(&(shard, ordinal));
            let count = repeats.map_or(0, |repeats| signed(repeats.count + accepted));
            if count != row.get::<_, i64>(2) {
                return differ(format!(
                    "{table} has {} attempts of {} on {ballot}, the ledger {count}",
                    row.get::<_, i64>(2),
                    hex(digest)
                ));
            }
            seen += 1;
        }
        let count: usize = expected
            .count
            .ballots
            .iter()
            .map(|ballot| ballot.repeats.len())
            .sum();
        if seen != count {
            return differ(format!(
                "{table} has {seen} credentials that tried again, the ledger {count}"
            ));
        }
    }
    Ok(())
}

/// Compares a small table, read whole, with what it should hold.
fn compare_small<K: Ord + std::fmt::Debug>(
    table: &str,
    found: &BTreeMap<K, i64>,
    expected: &BTreeMap<K, i64>,
) -> Result<(), Stop> {
    for key in expected.keys().chain(found.keys()) {
        let of = |map: &BTreeMap<K, i64>| map.get(key).copied().unwrap_or(0);
        if of(found) != of(expected) {
            return differ(format!(
                "{table} has {} at {key:?}, the ledger {}",
                of(found),
                of(expected)
            ));
        }
    }
    Ok(())
}

async fn compare_invalid(tx: &Transaction<'_>, expected: &Expected<'_>) -> Result<(), Stop> {
    let query = "SELECT law_id, reason, attempts FROM vote_audit WHERE status = 'invalid'";
    let row = |row: &Row| {
        (
            (row.get::<_, String>(0), row.get::<_, String>(1)),
            row.get(2),
        )
    };
    let found = tx.query(query, &[]).await?.iter().map(row).collect();
    let ballots = expected.recount.package.event().ballots();
    let id = |at: Option<u16>| {
        let ballot = at.and_then(|at| ballots.get(usize::from(at)));
        ballot.map_or_else(String::new, |ballot| ballot.id.clone())
    };
    let mut sums = BTreeMap::new();
    for ((ballot, reason), attempts) in &expected.count.invalid {
        *sums
            .entry((id(*ballot), reason.name().to_owned()))
            .or_default() += signed(*attempts);
    }
    compare_small("vote_audit (invalid)", &found, &sums)
}

async fn compare_turnout(tx: &Transaction<'_>, expected: &Expected<'_>) -> Result<(), Stop> {
    let query = "SELECT ballot_id, region_id, hour, votes FROM turnout";
    let mut found = BTreeMap::new();
    for row in tx.query(query, &[]).await? {
        let hour: std::time::SystemTime = row.get(2);
        found.insert(
            (row.get::<_, String>(0), row.get::<_, i32>(1), hour),
            row.get(3),
        );
    }
    let mut sums = BTreeMap::new();
    for ballot in expected.recount.package.event().ballots() {
        for ((region, hour), votes) in &expected.count.ballots[usize::from(ballot.index.0)].turnout
        {
            let key = (ballot.id.clone(), i32::from(*region), system_time(*hour));
            sums.insert(key, signed(*votes));
        }
    }
    compare_small("turnout", &found, &sums)
}

async fn compare_laws(tx: &Transaction<'_>, expected: &Expected<'_>) -> Result<(), Stop> {
    let query = "SELECT law_id, oui_count, non_count, blanc_count FROM vote_results";
    let mut found = BTreeMap::new();
    for row in tx.query(query, &[]).await? {
        for (column, choice) in [(1, "oui"), (2, "non"), (3, "blanc")] {
            found.insert((row.get::<_, String>(0), choice), row.get::<_, i64>(column));
        }
    }
    let mut sums = BTreeMap::new();
    for (ballot, _) in expected.recount.package.event().laws() {
        let counts = expected.unit(ballot.index.0, 0);
        for (choice, name) in [
            (Choice::Oui, "oui"),
            (Choice::Non, "non"),
            (Choice::Blanc, "blanc"),
        ] {
            sums.insert((ballot.id.clone(), name), signed(counts.of(&choice)));
        }
    }
    compare_small("vote_results", &found, &sums)
}

async fn compare_elections(tx: &Transaction<'_>, expected: &Expected<'_>) -> Result<(), Stop> {
    let query = "SELECT election_id, region_id, candidate_id, votes FROM election_results";
    let row = |row: &Row| {
        let key = (
            row.get::<_, i64>(0),
            row.get::<_, i32>(1),
            row.get::<_, i64>(2),
        );
        (key, row.get::<_, i64>(3))
    };
    let found = tx.query(query, &[]).await?.iter().map(row).collect();
    let mut sums = BTreeMap::new();
    for ballot in expected.recount.package.event().ballots() {
        let BallotKind::Election(election) = &ballot.kind else {
            continue;
        };
        for region in election.regions().iter().copied() {
            let counts = expected.unit(ballot.index.0, region);
            for (candidate, votes) in counts.first_preferences() {
                let key = (
                    i64::from(election.number),
                    i32::from(region),
                    i64::from(candidate),
                );
                sums.insert(key, signed(votes));
            }
        }
    }
    compare_small("election_results", &found, &sums)
}

async fn compare_rankings(tx: &Transaction<'_>, expected: &Expected<'_>) -> Result<(), Stop> {
    let query = "SELECT election_id, region_id, ranking, votes FROM ranking_counts";
    let row = |row: &Row| {
        let key = (
            row.get::<_, i64>(0),
            row.get::<_, i32>(1),
            row.get::<_, Vec<i64>>(2),
        );
        (key, row.get::<_, i64>(3))
    };
    let found = tx.query(query, &[]).await?.iter().map(row).collect();
    let mut sums = BTreeMap::new();
    for ballot in expected.recount.package.event().ballots() {
        let BallotKind::Election(election) = &ballot.kind else {
            continue;
        };
        for region in election.regions().iter().copied() {
            for (ranking, votes) in expected.unit(ballot.index.0, region).rankings() {
                let ranking: Vec<i64> = ranking.iter().map(|number| i64::from(*number)).collect();
                sums.insert(
                    (i64::from(election.number), i32::from(region), ranking),
                    signed(votes),
                );
            }
        }
    }
    compare_small("ranking_counts", &found, &sums)
}
