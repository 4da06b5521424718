//! stv-rs with one seat. Its rule for several seats is Meek's, which is none of ours: there, the
//! elected keep a share of every ballot and the quota shrinks. With one seat nobody's surplus ever
//! passes on, and the winner must be the same.

use anyhow::{Result, anyhow};
use counting::plurality::{CandidateVotes, count};
use stv_rs::arithmetic::{FixedDecimal9, Integer64};
use stv_rs::cli::Parallel;
use stv_rs::types::{Ballot, Candidate, Election};

use crate::Compared;
use crate::instant_runoff;
use crate::random::Contest;

/// Exponent of the precision to which Meek's weights converge.
const OMEGA_EXPONENT: usize = 6;

/// Instant runoff against Meek's rule for one seat.
pub(crate) fn meek(contest: &Contest) -> Result<Compared> {
    let counted = instant_runoff::count(
        contest.candidates,
        &contest.clean,
        &instant_runoff::whole_votes(),
    )?;
    if !counted.ties.is_empty() {
        return Ok(Compared::Tied);
    }
    let oracle = stv_rs::meek::stv_droop::<Integer64, FixedDecimal9>(
        &mut std::io::sink(),
        &election(contest),
        "oracles",
        OMEGA_EXPONENT,
        Parallel::No,
        None,
        false,
        false,
        false,
    )?;
    let ours: Vec<usize> = counted.winners.iter().copied().map(usize::from).collect();
    Ok(same(&ours, &oracle.elected))
}

/// First preferences as votes, the most of them winning.
pub(crate) fn plurality(contest: &Contest) -> Result<Compared> {
    let firsts = |candidate: u16| {
        let first =
            |ballot: &&Vec<Vec<u16>>| ballot.first().is_some_and(|r| r.contains(&candidate));
        contest.clean.iter().filter(first).count()
    };
    let entries: Vec<CandidateVotes> = (0..contest.candidates)
        .map(|candidate| {
            Ok(CandidateVotes {
                candidate: candidate.into(),
                votes: u64::try_from(firsts(candidate))?,
            })
        })
        .collect::<Result<_>>()?;
    let counted = count(&entries, 1);
    if counted.tie.is_some() {
        return Ok(Compared::Tied);
    }
    let oracle = stv_rs::pbv::plurality_block_voting::<Integer64, FixedDecimal9>(
        &mut std::io::sink(),
        &election(contest),
        "oracles",
        None,
    )?;
    let ours = counted.elected.iter().map(|c| usize::try_from(*c));
    let ours: Vec<usize> = ours
        .collect::<Result<_, _>>()
        .map_err(|_| anyhow!("a candidate's number does not fit this machine"))?;
    Ok(same(&ours, &oracle.elected))
}

fn same(ours: &[usize], theirs: &[usize]) -> Compared {
    if ours == theirs {
        Compared::Agree
    } else {
        Compared::Differ(format!("winners {ours:?}, oracle {theirs:?}"))
    }
}

fn election(contest: &Contest) -> Election {
    let candidates: Vec<Candidate> = (0..contest.candidates)
        .map(|c| Candidate::new(c.to_string(), false))
        .collect();
    let ballots: Vec<Ballot> = contest
        .clean
        .iter()
        .map(|ballot| {
            let ranks = ballot
                .iter()
                .map(|rank| rank.iter().copied().map(usize::from));
            Ballot::new(1, ranks)
        })
        .collect();
    Election::builder()
        .title("oracle")
        .num_seats(1)
        .candidates(candidates)
        .ballots(ballots)
        .build()
}
