//! The count itself: round after round until the seats are filled.

use super::ballots::Ballots;
use super::candidate::Candidate;
use super::electing::newly_elected;
use super::elimination::losers;
use super::rules::{Method, Rules};
use super::standings::Standings;
use super::tabulation::Tabulation;
use super::tie::{Lot, TieUndecided};

/// Counts `ballots`, which were settled by these same `rules`. `lots` decide the ties they name.
pub(crate) fn tabulate(
    candidates: &[Candidate],
    rules: &Rules,
    ballots: &Ballots,
    lots: &[Lot],
) -> Result<Tabulation, TieUndecided> {
    let mut standings = Standings::new(candidates, rules, ballots, lots);
    // Every round elects or eliminates somebody, except the last.
    loop {
        standings.set_threshold();
        let elected = newly_elected(&mut standings)?;
        let eliminated = if elected.is_empty() {
            losers(&mut standings)?
        } else {
            Vec::new()
        };
        standings.record(&elected, &eliminated);
        if is_over(&standings, &elected, &eliminated) {
            return Ok(standings.finish());
        }
        if rules.method == Method::Stv && !elected.is_empty() {
            let last = standings.seats_left() == 0;
            standings.pass_surplus(&elected, last);
        }
        standings.eliminate(&eliminated);
    }
}

/// Whether the round just recorded was the last.
fn is_over(standings: &Standings<'_>, elected: &[usize], eliminated: &[usize]) -> bool {
    let rules = standings.rules;
    let nothing_done = elected.is_empty() && eliminated.is_empty();
    if rules.stop_after_round == Some(standings.rounds()) || nothing_done {
        return true;
    }
    let filled = standings.seats_left() == 0;
    match rules.method {
        Method::Plurality => true,
        Method::Irv if rules.continue_until_two => {
            filled && eliminated.is_empty() && standings.standing().len() <= 2
        }
        Method::Irv => filled,
        Method::BottomsUp => !elected.is_empty(),
        // Once the seats are filled, one more round shows the last surplus.
        Method::Stv => nobody_left(standings, filled),
    }
}

/// Single transferable vote with more seats than candidates: everybody is elected, and no surplus
/// is left to show.
fn nobody_left(standings: &Standings<'_>, filled: bool) -> bool {
    let everybody_won = || {
        let standing = standings.standing();
        standing.iter().all(|c| standings.is_elected(*c))
    };
    !filled && everybody_won()
}
