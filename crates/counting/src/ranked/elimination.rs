//! Who leaves a round: write-ins first, then all below a percentage or a batch, then the last one.

use super::rules::Method;
use super::standings::Standings;
use super::tie::{Side, TieUndecided};

/// Candidates to eliminate now, in list order; empty where nobody has to leave.
pub(crate) fn losers(standings: &mut Standings<'_>) -> Result<Vec<usize>, TieUndecided> {
    let standing = standings.standing();
    if !goes_on_eliminating(standings, &standing) {
        return Ok(Vec::new());
    }
    if let Some(write_in) = standings.write_in_with_votes() {
        return Ok(vec![write_in]);
    }
    if let Some(below) = below_percentage(standings, &standing) {
        return Ok(below);
    }
    if let Some(batch) = batch(standings, &standing) {
        return Ok(batch);
    }
    let mut last = standing;
    last.retain(|c| !standings.is_elected(*c));
    let fewest = last.iter().map(|c| standings.votes(*c)).min();
    last.retain(|c| Some(standings.votes(*c)) == fewest);
    Ok(vec![standings.one_of(&last, Side::Loser)?])
}

fn goes_on_eliminating(standings: &Standings<'_>, standing: &[usize]) -> bool {
    let rules = standings.rules;
    let wanted = if rules.down_to_percentage() {
        standings.nobody_is_elected()
    } else {
        standings.seats_left() > 0
    };
    let final_pair = rules.method == Method::Irv && rules.continue_until_two && standing.len() > 2;
    (wanted || final_pair) && standing.iter().any(|c| !standings.is_elected(*c))
}

/// All who are not above the percentage, where the rules have them leave together. None where nobody
/// would be left: then the last leaves alone.
fn below_percentage(standings: &Standings<'_>, standing: &[usize]) -> Option<Vec<usize>> {
    if !standings.rules.cutoff_elimination {
        return None;
    }
    let mut below = standing.to_vec();
    below.retain(|c| !standings.reaches_threshold(*c));
    (below.len() < standing.len()).then_some(below)
}

/// The largest group of the last whose votes together are fewer than the next one's, where it
/// has two members or more. Enough stay for the seats, and two for a final pair.
fn batch(standings: &Standings<'_>, standing: &[usize]) -> Option<Vec<usize>> {
    let rules = standings.rules;
    if !rules.batch_elimination {
        return None;
    }
    let keep = if rules.continue_until_two {
        2
    } else {
        standings.seats_left().max(1)
    };
    let mut order = standing.to_vec();
    order.sort_by_key(|c| standings.votes(*c));
    let (mut together, mut largest) = (0, 0);
    for (at, candidate) in order.iter().enumerate() {
        let votes = standings.votes(*candidate);
        if together < votes && order.len() - at >= keep {
            largest = at;
        }
        if standings.is_elected(*candidate) {
            break;
        }
        together += votes;
    }
    if largest < 2 {
        return None;
    }
    order.truncate(largest);
    order.sort_unstable();
    Some(order)
}
