//! The same votes counted three ways: by the load generator from the answers, by `tally` from the
//! files, by the tally's API from the stream. This module reads all three and names the first
//! difference.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::api::{self, LawResult, RegionResult};
use crate::child::Call;
use crate::choice::Choice;
use crate::machines::Hand;
use crate::prepare::Stage;
use crate::services::Addresses;
use crate::voting::LOOK_AGAIN;

/// How long the count hand may take to release what was voted.
const RELEASED_WITHIN: Duration = Duration::from_secs(10);

/// Votes by ballot id, region and choice; of laws over all regions, under region 0.
pub type Counts = BTreeMap<(String, u16, Choice), u64>;

/// One row of `tally export --what results`.
#[derive(Deserialize)]
struct ExportRow {
    ballot_id: String,
    region_id: u16,
    choice: Choice,
    votes: u64,
}

/// How two counts differ, in votes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Votes that were acknowledged and are not counted.
    pub lost: u64,
    /// Votes that are counted and were not acknowledged, or are counted more than once.
    pub double: u64,
}

/// Votes of `acknowledged` that `counted` lacks, and the other way round.
#[must_use]
pub fn difference(acknowledged: &Counts, counted: &Counts) -> Difference {
    let missing = |from: &Counts, to: &Counts| {
        let missing = from
            .iter()
            .map(|(key, votes)| votes.saturating_sub(to.get(key).copied().unwrap_or(0)));
        missing.sum()
    };
    Difference {
        lost: missing(acknowledged, counted),
        double: missing(counted, acknowledged),
    }
}

/// `counted` without the votes that it holds beside the acknowledged ones, as far as they are among the
/// `open` ones: an open vote may have been recorded or not.
#[must_use]
pub fn without_open(mut counted: Counts, acknowledged: &Counts, open: &Counts) -> Counts {
    for (key, open) in open {
        let told = acknowledged.get(key).copied().unwrap_or(0);
        if let Some(votes) = counted.get_mut(key) {
            *votes -= votes.saturating_sub(told).min(*open);
        }
    }
    counted
}

/// The same votes with laws over all regions, under region 0: while a law is open, that is all that
/// anybody may know of it.
#[must_use]
pub fn laws_over_regions(counts: Counts) -> Counts {
    let mut folded = Counts::new();
    for ((ballot, region, choice), votes) in counts {
        let region = if choice.is_on_a_law() { 0 } else { region };
        *folded.entry((ballot, region, choice)).or_default() += votes;
    }
    folded
}

/// How many keys two counts disagree on.
#[must_use]
pub fn differing(one: &Counts, other: &Counts) -> usize {
    let missing =
        |from: &Counts, to: &Counts| from.keys().filter(|key| !to.contains_key(*key)).count();
    let other_value = |(key, votes): &(&(String, u16, Choice), &u64)| {
        other.get(*key).is_some_and(|counted| counted != *votes)
    };
    one.iter().filter(other_value).count() + missing(one, other) + missing(other, one)
}

impl Stage {
    /// What `tally export` counts from the files alone.
    ///
    /// # Errors
    /// The program fails, or its rows are not the promised ones.
    pub async fn counted_from_files(&self) -> Result<Counts> {
        let call = self.reading("export").await?;
        let rows = call
            .flag("--what", "results")
            .flag("--format", "json")
            .run()
            .await?;
        let rows: Vec<ExportRow> =
            serde_json::from_str(&rows).context("tally export printed no list of rows")?;
        let rows = rows.into_iter();
        let counts = rows.map(|row| ((row.ballot_id, row.region_id, row.choice), row.votes));
        Ok(laws_over_regions(counts.collect()))
    }

    /// The table that officials sign, from the files alone.
    ///
    /// # Errors
    /// The program fails.
    pub async fn count_table(&self) -> Result<String> {
        self.reading("count").await?.run().await
    }

    /// Has `tally verify` hold the ledger against the truth file: chain, bitsets, counts and every
    /// receipt.
    ///
    /// # Errors
    /// The first difference, in the program's words.
    pub async fn verify(&self) -> Result<()> {
        self.verify_with([]).await
    }

    /// As [`Stage::verify`], with further arguments.
    ///
    /// # Errors
    /// As [`Stage::verify`].
    pub async fn verify_with<const N: usize>(&self, further: [&str; N]) -> Result<()> {
        let call = self.reading("verify").await?;
        let call = call.flag("--expect", self.machines.truth()).args(further);
        call.run().await.map(drop)
    }

    /// A subcommand of `tally` on the ledger's files, after the count hand has made its releases of them
    /// once more.
    ///
    /// # Errors
    /// The releases cannot be made.
    pub async fn reading(&self, command: &str) -> Result<Call> {
        let releases = self.machines.releases_again();
        // Some rehearsals have several ledgers, one after the other.
        if releases.exists() {
            fs::remove_dir_all(&releases).context("cannot remove the releases made before")?;
        }
        self.count_hand_call(releases.clone()).run().await?;
        Ok(self.mask_hand_call(command, &releases))
    }

    /// A subcommand of `tally` on the ledger's files and these releases.
    #[must_use]
    pub fn mask_hand_call(&self, command: &str, releases: &Path) -> Call {
        let call = self
            .call("tally")
            .arg(command)
            .flag("--ledger", self.machines.ledger())
            .flag("--package", self.machines.package())
            .flag("--mask", self.machines.hand_key(Hand::Mask))
            .flag("--releases", releases);
        self.trusting(call)
    }
}

/// Compares what the tally's API serves with `expected`: every answer to every law, and every
/// candidate's votes (of ranked ballots, first preferences) in every region.
///
/// # Errors
/// The first difference; no answer; not the promised one.
pub async fn compare_api(at: Addresses, expected: &Counts) -> Result<()> {
    let deadline = Instant::now() + RELEASED_WITHIN;
    loop {
        // The count hand may be a moment behind.
        match compare_api_now(at, expected).await {
            Err(_) if Instant::now() < deadline => tokio::time::sleep(LOOK_AGAIN).await,
            compared => return compared,
        }
    }
}

async fn compare_api_now(at: Addresses, expected: &Counts) -> Result<()> {
    for law in api::laws(at.public).await? {
        let result = api::law_result(at.results, &law.law_id).await?;
        compare_law(&law.law_id, &result, expected)?;
    }
    for election in api::elections(at.public).await? {
        let result = api::election_result(at.results, election.election_id).await?;
        let code = &election.election_code;
        for region in &result.regions {
            compare_region(code, region, expected)?;
        }
        same(
            &format!("{code}, total_votes"),
            sum(expected, |ballot, _, _| ballot == code),
            Some(result.total_votes),
        )?;
    }
    Ok(())
}

fn compare_law(id: &str, result: &LawResult, expected: &Counts) -> Result<()> {
    for (choice, votes) in [
        (Choice::Oui, result.oui_count),
        (Choice::Non, result.non_count),
        (Choice::Blanc, result.blanc_count),
    ] {
        let expected = sum(expected, |ballot, _, c| ballot == id && *c == choice);
        same(&format!("{id}, {choice}"), expected, votes)?;
    }
    same(
        &format!("{id}, total_votes"),
        sum(expected, |ballot, _, _| ballot == id),
        Some(result.total_votes),
    )
}

fn compare_region(code: &str, result: &RegionResult, expected: &Counts) -> Result<()> {
    let region = result.region_id;
    let here = |ballot: &str, r: u16| ballot == code && r == region;
    same(
        &format!("{code}, region {region}"),
        sum(expected, |b, r, _| here(b, r)),
        Some(result.total_votes),
    )?;
    for candidate in &result.candidates {
        let number = candidate.candidate_id;
        let votes = sum(expected, |b, r, choice| {
            here(b, r) && choice.first_preference() == Some(number)
        });
        same(
            &format!("{code}, region {region}, candidate {number}"),
            votes,
            Some(candidate.votes),
        )?;
    }
    Ok(())
}

fn sum(counts: &Counts, wanted: impl Fn(&str, u16, &Choice) -> bool) -> u64 {
    let matching = counts
        .iter()
        .filter(|((ballot, region, choice), _)| wanted(ballot, *region, choice));
    matching.map(|(_, votes)| votes).sum()
}

fn same(what: &str, expected: u64, got: Option<u64>) -> Result<()> {
    match got {
        Some(got) if got == expected => Ok(()),
        Some(got) => bail!("the tally's API says {what}: {got}, expected {expected}"),
        None => bail!("the tally's API does not show {what}, expected {expected}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::CandidateResult;

    fn counts(rows: &[(&str, u16, &str, u64)]) -> Counts {
        rows.iter()
            .map(|(b, r, c, v)| (((*b).to_owned(), *r, c.parse().unwrap()), *v))
            .collect()
    }

    #[test]
    fn laws_are_counted_over_all_regions_and_elections_are_not() {
        let key = |region, choice: &str| ("B".to_owned(), region, choice.parse().unwrap());
        let counts = Counts::from([
            (key(1, "oui"), 5),
            (key(2, "oui"), 3),
            (key(1, "candidate:7"), 2),
            (key(2, "ranking:3>1"), 1),
        ]);
        let folded = Counts::from([
            (key(0, "oui"), 8),
            (key(1, "candidate:7"), 2),
            (key(2, "ranking:3>1"), 1),
        ]);
        assert_eq!(laws_over_regions(counts), folded);
    }

    #[test]
    fn lost_and_double_votes_are_told_apart() {
        let told = counts(&[("L", 1, "oui", 5), ("L", 1, "non", 3)]);
        let same = Difference::default();
        assert_eq!(difference(&told, &told), same);
        let counted = counts(&[("L", 1, "oui", 4), ("L", 1, "non", 3), ("L", 2, "oui", 2)]);
        assert_eq!(
            difference(&told, &counted),
            Difference { lost: 1, double: 2 }
        );
    }

    #[test]
    fn open_votes_may_be_counted_or_not_and_excuse_no_others() {
        let told = counts(&[("L", 1, "oui", 5)]);
        let open = counts(&[("L", 1, "oui", 2), ("L", 1, "non", 1)]);
        for (oui, non, double, lost) in [(5, 0, 0, 0), (7, 1, 0, 0), (8, 2, 2, 0), (4, 0, 0, 1)] {
            let counted = counts(&[("L", 1, "oui", oui), ("L", 1, "non", non)]);
            let counted = without_open(counted, &told, &open);
            let expected = Difference { lost, double };
            assert_eq!(difference(&told, &counted), expected, "{oui} {non}");
        }
    }

    #[test]
    fn differing_counts_are_found_on_either_side() {
        let one = counts(&[("L", 1, "oui", 5), ("L", 1, "non", 3)]);
        assert_eq!(differing(&one, &one), 0);
        let other = counts(&[("L", 1, "oui", 4), ("L", 2, "non", 3)]);
        assert_eq!(differing(&one, &other), 3);
        assert_eq!(differing(&other, &one), 3);
    }

    #[test]
    fn a_region_is_compared_candidate_by_candidate() {
        let expected = counts(&[
            ("E", 2, "candidate:7", 5),
            ("E", 2, "ranking:8>7", 1),
            ("E", 1, "candidate:7", 9),
        ]);
        let region = |votes: u64| {
            let candidates = [(7, votes), (8, 1), (9, 0)];
            let candidates = candidates.map(|(candidate_id, votes)| CandidateResult {
                candidate_id,
                votes,
            });
            RegionResult {
                region_id: 2,
                total_votes: 6,
                candidates: candidates.to_vec(),
            }
        };
        assert!(compare_region("E", &region(5), &expected).is_ok());
        let error = compare_region("E", &region(4), &expected)
            .unwrap_err()
            .to_string();
        assert!(error.contains("candidate 7: 4, expected 5"), "{error}");
    }
    #[test]
    fn a_law_whose_counts_are_not_shown_is_no_law_without_votes() {
        let shown = LawResult {
            oui_count: Some(0),
            non_count: Some(0),
            blanc_count: Some(0),
            total_votes: 0,
        };
        assert!(compare_law("L", &shown, &Counts::new()).is_ok());
        let hidden = LawResult {
            oui_count: None,
            ..shown
        };
        let error = compare_law("L", &hidden, &Counts::new()).unwrap_err();
        assert!(
            error.to_string().contains("does not show L, oui"),
            "{error}"
        );
    }
}
