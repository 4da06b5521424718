//! The most votes win. Ties are reported, never drawn.
//!
//! In Canada equal votes are first recounted before a judge, and a tie that stays leads to a new
//! election, not to a lot (Canada Elections Act, S.C. 2000, c. 9, s. 300 and 318): a count can
//! only report the tie. The same section 300 makes the recount automatic when the margin is
//! below one thousandth of the votes cast; [`PluralityResult::recount`] tells it of the valid votes.

/// Statute of the automatic recount that [`PluralityResult::recount`] tells.
pub const RECOUNT_STATUTE: &str = "Canada Elections Act, S.C. 2000, c. 9, s. 300(1)";
/// Statute of a tie that stays after the recount.
pub const TIE_STATUTE: &str = "Canada Elections Act, S.C. 2000, c. 9, s. 318";

/// Votes of one candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CandidateVotes {
    /// The caller's number for the candidate.
    pub candidate: u32,
    /// Valid votes for this candidate.
    pub votes: u64,
}

/// Result of a plurality count. Lists keep the order in which candidates were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluralityResult {
    /// Valid votes, the denominator of every share.
    pub valid_votes: u64,
    /// Candidates who are elected, however the tie is decided.
    pub elected: Vec<u32>,
    /// The tie for the seats that remain, where there is one.
    pub tie: Option<Tie>,
    /// Votes between the last elected and the first not elected; none where nobody is left out.
    pub margin: Option<u64>,
    /// Whether the margin is below one thousandth of the valid votes (a tie always is).
    pub recount: bool,
}

/// Candidates with equal votes, more of them than seats that remain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tie {
    /// The tied candidates, in the order given.
    pub candidates: Vec<u32>,
    /// Votes of each of them.
    pub votes: u64,
    /// Seats left for them.
    pub seats: u32,
}

/// Counts `entries` for `seats` seats. No seat is given where nobody has a vote.
///
/// ```
/// use counting::plurality::{CandidateVotes, count};
/// let entries = [(1, 40), (2, 60), (3, 60)].map(|(candidate, votes)| CandidateVotes { candidate, votes });
/// let result = count(&entries, 1);
/// assert!(result.elected.is_empty());
/// assert_eq!(result.tie.unwrap().candidates, [2, 3]);
/// ```
#[must_use]
pub fn count(entries: &[CandidateVotes], seats: u32) -> PluralityResult {
    let valid_votes = entries.iter().map(|entry| entry.votes).sum();
    let seats_len = usize::try_from(seats).expect("usize has 32 bits or more");
    let mut votes: Vec<u64> = entries
        .iter()
        .map(|entry| entry.votes)
        .filter(|v| *v > 0)
        .collect();
    votes.sort_unstable_by(|a, b| b.cmp(a));
    let last_in = votes
        .get(seats_len.wrapping_sub(1).min(votes.len().wrapping_sub(1)))
        .copied();
    let Some(last_in) = last_in.filter(|_| seats > 0) else {
        return PluralityResult {
            valid_votes,
            elected: Vec::new(),
            tie: None,
            margin: None,
            recount: false,
        };
    };
    let first_out = if votes.len() > seats_len {
        votes.get(seats_len).copied()
    } else {
        None
    };
    let tied = first_out == Some(last_in);
    let elected =
        |entry: &&CandidateVotes| entry.votes > last_in || (entry.votes == last_in && !tied);
    let elected: Vec<u32> = entries
        .iter()
        .filter(elected)
        .map(|entry| entry.candidate)
        .collect();
    assert!(
        elected.len() <= seats_len,
        "{} are elected for {seats} seats",
        elected.len()
    );
    let elected_len = u32::try_from(elected.len()).expect("not more than the seats, a u32");
    let tie = tied.then(|| Tie {
        candidates: entries
            .iter()
            .filter(|e| e.votes == last_in)
            .map(|e| e.candidate)
            .collect(),
        votes: last_in,
        seats: seats - elected_len,
    });
    let margin = first_out.map(|out| last_in - out);
    PluralityResult {
        valid_votes,
        elected,
        tie,
        margin,
        recount: margin.is_some_and(|m| recount(m, valid_votes)),
    }
}

/// Whether a margin calls for an automatic recount: below one thousandth of the votes.
#[must_use]
pub fn recount(margin: u64, valid_votes: u64) -> bool {
    u128::from(margin) * 1_000 < u128::from(valid_votes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(votes: &[u64], seats: u32, elected: &[u32], tied: &[u32]) {
        let result = count(&entries(votes), seats);
        assert_eq!(result.elected, elected, "elected of {votes:?}");
        assert_eq!(
            result.tie.map_or(Vec::new(), |tie| tie.candidates),
            tied,
            "tie of {votes:?}"
        );
    }

    fn entries(votes: &[u64]) -> Vec<CandidateVotes> {
        (0u32..)
            .zip(votes)
            .map(|(candidate, votes)| CandidateVotes {
                candidate,
                votes: *votes,
            })
            .collect()
    }

    #[test]
    fn the_most_votes_win_and_ties_are_reported() {
        check(&[3, 5, 4], 1, &[1], &[]);
        check(&[5, 5, 4], 1, &[], &[0, 1]);
        check(&[5, 5, 4], 2, &[0, 1], &[]);
        check(&[6, 5, 5, 5], 2, &[0], &[1, 2, 3]);
        check(&[1, 2], 5, &[0, 1], &[]);
        check(&[0, 0], 1, &[], &[]);
        check(&[0, 7], 2, &[1], &[]);
        check(&[], 1, &[], &[]);
        check(&[4, 4], 0, &[], &[]);
    }

    #[test]
    fn a_margin_below_one_thousandth_is_recounted() {
        assert!(count(&entries(&[1_001, 1_000]), 1).recount);
        assert!(count(&entries(&[501, 500]), 1).recount);
        assert!(!count(&entries(&[501, 499]), 1).recount);
        assert!(
            !count(&entries(&[500_500, 499_500]), 1).recount,
            "exactly 1/1000 is not below it"
        );
        assert!(count(&entries(&[7, 7]), 1).recount);
        assert!(!count(&entries(&[7]), 1).recount);
    }

    proptest! {
        #[test]
        fn a_vote_for_the_winner_never_unelects(
            votes in prop::collection::vec(0u64..50, 1..8), seats in 1u32..4, more in 1u64..9,
        ) {
            let before = count(&entries(&votes), seats);
            for winner in &before.elected {
                let mut votes = votes.clone();
                votes[*winner as usize] += more;
                prop_assert!(count(&entries(&votes), seats).elected.contains(winner));
            }
        }

        #[test]
        fn the_order_of_candidates_changes_nothing(
            votes in prop::collection::vec(0u64..9, 1..8), seats in 1u32..4, turn in 0usize..8,
        ) {
            let list = entries(&votes);
            let mut turned = list.clone();
            turned.rotate_left(turn % list.len());
            let sorted = |mut ids: Vec<u32>| { ids.sort_unstable(); ids };
            let (a, b) = (count(&list, seats), count(&turned, seats));
            prop_assert_eq!(sorted(a.elected), sorted(b.elected));
            prop_assert_eq!(a.tie.map(|t| sorted(t.candidates)), b.tie.map(|t| sorted(t.candidates)));
        }
    }
}
