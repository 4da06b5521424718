//! The rows of what was voted against the ledger: answers to laws, votes for candidates, rankings.

use std::collections::BTreeMap;

use election::{BallotKind, Choice};
use tokio_postgres::{Row, Transaction};

use super::expected::{Expected, Stop, compare_small};
use super::rows::signed;

pub(super) async fn compare_laws(
    tx: &Transaction<'_>,
    expected: &Expected<'_>,
) -> Result<(), Stop> {
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

pub(super) async fn compare_elections(
    tx: &Transaction<'_>,
    expected: &Expected<'_>,
) -> Result<(), Stop> {
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

pub(super) async fn compare_rankings(
    tx: &Transaction<'_>,
    expected: &Expected<'_>,
) -> Result<(), Stop> {
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
