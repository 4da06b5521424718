//! Instant runoff by ranked_voting: winner, and the votes of every round.

use anyhow::{Result, anyhow};
use counting::ranked::{Candidate, Contest as Counted, Overvote, Rank, Rules, Tabulation};
use ranked_voting::{Builder, OverVoteRule, VoteRules, VotingErrors, VotingResult};

use crate::Compared;
use crate::random::{Ballot, Contest};

/// One candidate a rank, none twice.
pub(crate) fn single(contest: &Contest) -> Result<Compared> {
    let theirs = VoteRules::default();
    compare(contest.candidates, &contest.clean, &whole_votes(), &theirs)
}

/// Ballots as marked on paper: overvoted ranks, skipped ranks and repeated candidates are passed
/// over by both.
pub(crate) fn marks(contest: &Contest) -> Result<Compared> {
    let ours = Rules {
        overvote: Overvote::Skip,
        ..whole_votes()
    };
    let theirs = VoteRules {
        overvote_rule: OverVoteRule::AlwaysSkipToNextRank,
        ..VoteRules::default()
    };
    compare(contest.candidates, &contest.marked, &ours, &theirs)
}

/// Instant runoff, votes counted in units of 1: nothing is ever divided.
pub(crate) fn whole_votes() -> Rules {
    Rules {
        decimals: 0,
        ..Rules::irv()
    }
}

fn compare(
    candidates: u16,
    ballots: &[Ballot],
    ours: &Rules,
    theirs: &VoteRules,
) -> Result<Compared> {
    let counted = count(candidates, ballots, ours)?;
    if !counted.ties.is_empty() {
        return Ok(Compared::Tied);
    }
    let oracle = match oracle(candidates, ballots, theirs) {
        Ok(oracle) => oracle,
        // Nobody has a vote: both say so in their way.
        Err(VotingErrors::EmptyElection) if counted.winners.is_empty() => {
            return Ok(Compared::Agree);
        }
        Err(error) => return Ok(Compared::Differ(format!("oracle: {error:?}"))),
    };
    Ok(difference(&counted, &oracle))
}

fn difference(counted: &Tabulation, oracle: &VotingResult) -> Compared {
    let winners: Vec<String> = counted.winners.iter().map(u16::to_string).collect();
    if oracle.winners.as_ref() != Some(&winners) {
        return Compared::Differ(format!("winners {winners:?}, oracle {:?}", oracle.winners));
    }
    // The oracle may go on after the winner is known; up to there rounds are the same.
    for (ours, theirs) in counted.rounds.iter().zip(&oracle.round_stats) {
        let mut counts: Vec<(String, u64)> = ours
            .counts
            .iter()
            .map(|(candidate, votes)| {
                (
                    candidate.to_string(),
                    u64::try_from(*votes).unwrap_or(u64::MAX),
                )
            })
            .collect();
        let mut tally = theirs.tally.clone();
        counts.sort_unstable();
        tally.sort_unstable();
        if counts != tally {
            return Compared::Differ(format!(
                "round {}: {counts:?}, oracle {tally:?}",
                ours.number
            ));
        }
    }
    if oracle.round_stats.len() < counted.rounds.len() {
        return Compared::Differ(format!(
            "{} rounds, oracle {}",
            counted.rounds.len(),
            oracle.round_stats.len()
        ));
    }
    Compared::Agree
}

/// Our count.
pub(crate) fn count(candidates: u16, ballots: &[Ballot], rules: &Rules) -> Result<Tabulation> {
    let list = (0..candidates)
        .map(|c| Candidate::new(&c.to_string(), &c.to_string()))
        .collect();
    let mut contest = Counted::new(list, rules.clone())?;
    for ballot in ballots {
        let ranks: Vec<Rank<'_>> = ballot.iter().map(|marks| Rank::Marks(marks)).collect();
        contest.add(&ranks, 1)?;
    }
    contest.tabulate(&[]).map_err(|tie| anyhow!("{tie}"))
}

fn oracle(
    candidates: u16,
    ballots: &[Ballot],
    rules: &VoteRules,
) -> Result<VotingResult, VotingErrors> {
    let names: Vec<String> = (0..candidates).map(|c| c.to_string()).collect();
    let mut builder = Builder::new(rules)?.candidates(&names)?;
    for ballot in ballots {
        let named = |marks: &Vec<u16>| marks.iter().map(u16::to_string).collect();
        let ranks: Vec<Vec<String>> = ballot.iter().map(named).collect();
        builder.add_vote(&ranks, 1)?;
    }
    ranked_voting::run_election(&builder)
}
