//! The rows of who voted against the ledger: accepted votes, repeats, refusals, turnout. Large tables are
//! streamed and looked up in the fold.

use std::collections::BTreeMap;
use std::pin::pin;

use futures_util::TryStreamExt;
use tokio_postgres::{Row, Transaction};

use super::expected::{Expected, Stop, compare_small, differ};
use super::rows::signed;
use super::timestamp::system_time;
use crate::documents::hex;

pub(super) async fn compare_accepted(
    tx: &Transaction<'_>,
    expected: &Expected<'_>,
) -> Result<(), Stop> {
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

pub(super) async fn compare_repeats(
    tx: &Transaction<'_>,
    expected: &Expected<'_>,
) -> Result<(), Stop> {
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

pub(super) async fn compare_invalid(
    tx: &Transaction<'_>,
    expected: &Expected<'_>,
) -> Result<(), Stop> {
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

pub(super) async fn compare_turnout(
    tx: &Transaction<'_>,
    expected: &Expected<'_>,
) -> Result<(), Stop> {
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
