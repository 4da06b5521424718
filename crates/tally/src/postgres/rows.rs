//! The rows of a group of frames, one function a table. Each runs inside the group's transaction.
//!
//! Rows of *who* are sorted by digest. Rows of *what* are rewritten as a whole unit (one ballot in
//! one region) by one statement, so that neither their order nor their transaction and command
//! numbers tell which of them a vote changed. docs/secrecy.md.

use std::collections::BTreeMap;
use std::pin::pin;

use election::Choice;
use tokio_postgres::Transaction;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;

use super::session::WorkError;
use super::timestamp::system_time;
use crate::counts::Counts;

/// A credential on a ballot: (digest, ballot id).
pub(crate) type Credential<'a> = ([u8; 16], &'a str);

/// Further submissions of one credential.
pub(crate) struct RepeatRow {
    pub(crate) count: i64,
    pub(crate) first_ms: i64,
    pub(crate) last_ms: i64,
}

/// Rows of who voted and who tried, gathered from a group of frames. Ordered maps: rows go into the
/// tables by digest, and two tallies take locks in one order.
#[derive(Default)]
pub(crate) struct AuditRows<'a> {
    /// With the start of the hour of the vote, ms.
    pub(crate) accepted: BTreeMap<Credential<'a>, i64>,
    pub(crate) repeats: BTreeMap<Credential<'a>, RepeatRow>,
    /// (ballot id or empty, reason) to (attempts, start of the hour, ms).
    pub(crate) invalid: BTreeMap<(&'a str, &'static str), (i64, i64)>,
    /// (ballot id, region, start of the hour, ms) to votes.
    pub(crate) turnout: BTreeMap<(&'a str, u16, i64), i64>,
}

impl AuditRows<'_> {
    pub(crate) async fn write(&self, tx: &Transaction<'_>) -> Result<(), WorkError> {
        if !self.accepted.is_empty() {
            self.copy_accepted(tx).await?;
        }
        if !self.repeats.is_empty() {
            self.upsert_repeats(tx).await?;
        }
        if !self.invalid.is_empty() {
            self.upsert_invalid(tx).await?;
        }
        if !self.turnout.is_empty() {
            self.upsert_turnout(tx).await?;
        }
        Ok(())
    }

    /// COPY without upsert: the primary key then refuses a credential that is already there.
    async fn copy_accepted(&self, tx: &Transaction<'_>) -> Result<(), WorkError> {
        let sink = tx
            .copy_in(
                r#"COPY vote_audit (vote_hash, law_id, status, reason, attempts, "timestamp") FROM STDIN BINARY"#,
            )
            .await?;
        let types = [
            Type::BYTEA,
            Type::VARCHAR,
            Type::TEXT,
            Type::TEXT,
            Type::INT8,
            Type::TIMESTAMPTZ,
        ];
        let mut rows = pin!(BinaryCopyInWriter::new(sink, &types));
        for ((digest, ballot), hour_ms) in &self.accepted {
            let hour = system_time(*hour_ms);
            let row: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
                [&digest.as_slice(), ballot, &"accepted", &"", &1i64, &hour];
            rows.as_mut().write(&row).await?;
        }
        rows.finish().await?;
        Ok(())
    }

    async fn upsert_repeats(&self, tx: &Transaction<'_>) -> Result<(), WorkError> {
        let digests: Vec<&[u8]> = self
            .repeats
            .keys()
            .map(|(digest, _)| digest.as_slice())
            .collect();
        let ballots: Vec<&str> = self.repeats.keys().map(|(_, ballot)| *ballot).collect();
        let counts: Vec<i64> = self.repeats.values().map(|row| row.count).collect();
        let firsts: Vec<_> = self
            .repeats
            .values()
            .map(|row| system_time(row.first_ms))
            .collect();
        let lasts: Vec<_> = self
            .repeats
            .values()
            .map(|row| system_time(row.last_ms))
            .collect();
        tx.execute(
            "INSERT INTO duplicate_attempts AS d (vote_hash, law_id, attempt_count, first_attempt, last_attempt)
             SELECT hash, ballot, n + 1, first, last
             FROM unnest($1::bytea[], $2::text[], $3::bigint[], $4::timestamptz[], $5::timestamptz[]) AS u(hash, ballot, n, first, last)
             ON CONFLICT (vote_hash, law_id) DO UPDATE
             SET attempt_count = d.attempt_count + excluded.attempt_count - 1,
                 last_attempt = greatest(d.last_attempt, excluded.last_attempt)",
            &[&digests, &ballots, &counts, &firsts, &lasts],
        )
        .await?;
        tx.execute(
            r#"INSERT INTO vote_audit AS a (vote_hash, law_id, status, attempts, "timestamp")
               SELECT hash, ballot, 'duplicate', n, date_trunc('hour', last)
               FROM unnest($1::bytea[], $2::text[], $3::bigint[], $4::timestamptz[]) AS u(hash, ballot, n, last)
               ON CONFLICT (vote_hash, law_id, status, reason) DO UPDATE
               SET attempts = a.attempts + excluded.attempts, "timestamp" = excluded."timestamp""#,
            &[&digests, &ballots, &counts, &lasts],
        )
        .await?;
        Ok(())
    }

    async fn upsert_invalid(&self, tx: &Transaction<'_>) -> Result<(), WorkError> {
        let ballots: Vec<&str> = self.invalid.keys().map(|(ballot, _)| *ballot).collect();
        let reasons: Vec<&str> = self.invalid.keys().map(|(_, reason)| *reason).collect();
        let counts: Vec<i64> = self.invalid.values().map(|(count, _)| *count).collect();
        let hours: Vec<_> = self
            .invalid
            .values()
            .map(|(_, hour)| system_time(*hour))
            .collect();
        tx.execute(
            r#"INSERT INTO vote_audit AS a (vote_hash, law_id, status, reason, attempts, "timestamp")
               SELECT ''::bytea, ballot, 'invalid', reason, n, hour
               FROM unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[]) AS u(ballot, reason, n, hour)
               ON CONFLICT (vote_hash, law_id, status, reason) DO UPDATE
               SET attempts = a.attempts + excluded.attempts, "timestamp" = excluded."timestamp""#,
            &[&ballots, &reasons, &counts, &hours],
        )
        .await?;
        Ok(())
    }

    async fn upsert_turnout(&self, tx: &Transaction<'_>) -> Result<(), WorkError> {
        let ballots: Vec<&str> = self.turnout.keys().map(|(ballot, ..)| *ballot).collect();
        let regions: Vec<i32> = self
            .turnout
            .keys()
            .map(|(_, region, _)| i32::from(*region))
            .collect();
        let hours: Vec<_> = self
            .turnout
            .keys()
            .map(|(.., hour)| system_time(*hour))
            .collect();
        let counts: Vec<i64> = self.turnout.values().copied().collect();
        tx.execute(
            "INSERT INTO turnout AS t (ballot_id, region_id, hour, votes)
             SELECT * FROM unnest($1::text[], $2::int[], $3::timestamptz[], $4::bigint[])
             ON CONFLICT (ballot_id, region_id, hour) DO UPDATE SET votes = t.votes + excluded.votes",
            &[&ballots, &regions, &hours, &counts],
        )
        .await?;
        Ok(())
    }
}

/// Adds the counts of a law.
pub(crate) async fn add_law(
    tx: &Transaction<'_>,
    law_id: &str,
    counts: &Counts,
    time_ms: i64,
) -> Result<(), WorkError> {
    let of = |choice| signed(counts.of(&choice));
    tx.execute(
        "UPDATE vote_results SET oui_count = oui_count + $2, non_count = non_count + $3,
             blanc_count = blanc_count + $4, updated_at = greatest(updated_at, $5) WHERE law_id = $1",
        &[&law_id, &of(Choice::Oui), &of(Choice::Non), &of(Choice::Blanc), &system_time(time_ms)],
    )
    .await?;
    Ok(())
}

/// Adds the counts of one region of an election, rewriting all of the region's rows.
pub(crate) async fn add_region(
    tx: &Transaction<'_>,
    election: u32,
    region: u16,
    counts: &Counts,
    time_ms: i64,
) -> Result<(), WorkError> {
    let sums = counts.first_preferences();
    let candidates: Vec<i64> = sums.keys().map(|number| i64::from(*number)).collect();
    let votes: Vec<i64> = sums.values().map(|votes| signed(*votes)).collect();
    tx.execute(
        "UPDATE election_results r
         SET votes = r.votes + COALESCE((SELECT u.n FROM unnest($3::bigint[], $4::bigint[]) AS u(candidate, n)
                                         WHERE u.candidate = r.candidate_id), 0),
             updated_at = greatest(r.updated_at, $5)
         WHERE r.election_id = $1 AND r.region_id = $2",
        &[&i64::from(election), &i32::from(region), &candidates, &votes, &system_time(time_ms)],
    )
    .await?;
    add_rankings(tx, election, region, counts).await
}

/// Replaces all rankings of the region by their sums with the new ones, in ranking order.
async fn add_rankings(
    tx: &Transaction<'_>,
    election: u32,
    region: u16,
    counts: &Counts,
) -> Result<(), WorkError> {
    let (rankings, votes): (Vec<String>, Vec<i64>) = counts
        .rankings()
        .map(|(ranking, votes)| (array_text(ranking), signed(votes)))
        .unzip();
    if rankings.is_empty() {
        return Ok(());
    }
    // The grouping reads all of `old` before the first row is inserted.
    tx.execute(
        "WITH old AS (DELETE FROM ranking_counts WHERE election_id = $1 AND region_id = $2 RETURNING ranking, votes)
         INSERT INTO ranking_counts (election_id, region_id, ranking, votes)
         SELECT $1, $2, ranking, sum(votes)::bigint
         FROM (SELECT ranking, votes FROM old
               UNION ALL SELECT r::bigint[], n FROM unnest($3::text[], $4::bigint[]) AS u(r, n)) AS both_parts
         GROUP BY ranking ORDER BY ranking",
        &[&i64::from(election), &i32::from(region), &rankings, &votes],
    )
    .await?;
    Ok(())
}

/// PostgreSQL's text form of an array.
fn array_text(ranking: &[u32]) -> String {
    let numbers: Vec<String> = ranking.iter().map(u32::to_string).collect();
    format!("{{{}}}", numbers.join(","))
}

/// A count as a bigint column takes it.
pub(crate) fn signed(count: u64) -> i64 {
    i64::try_from(count).expect("the roll bounds votes and the fold attempts, both below 2^63")
}
