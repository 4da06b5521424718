//! Who is elected in a round: by the threshold, by the number of seats left, or by the most votes.

use super::rules::Method;
use super::standings::Standings;
use super::tie::{Side, TieUndecided};

/// Candidates to elect now, in list order; empty where nobody is.
pub(crate) fn newly_elected(standings: &mut Standings<'_>) -> Result<Vec<usize>, TieUndecided> {
    let rules = standings.rules;
    let standing = standings.standing();
    let mut able = standing.clone();
    able.retain(|c| !standings.is_write_in(*c) && !standings.is_elected(*c));
    if rules.method == Method::Plurality {
        return most_votes(standings, able);
    }
    if standings.write_in_with_votes().is_some() {
        return Ok(Vec::new());
    }
    if rules.down_to_percentage() {
        let all_above = standings.nobody_is_elected()
            && standing.iter().all(|c| standings.reaches_threshold(*c));
        return Ok(if all_above { able } else { Vec::new() });
    }
    let seats_left = standings.seats_left();
    if seats_left == 0 {
        return Ok(Vec::new());
    }
    let elected = if standing.len() <= seats_left {
        able
    } else {
        by_threshold(standings, &standing, able)?
    };
    let one_by_one = rules.one_winner_per_round && rules.method == Method::Stv;
    if elected.len() > seats_left || (one_by_one && elected.len() > 1) {
        return Ok(vec![largest(standings, &elected)?]);
    }
    Ok(elected)
}

fn by_threshold(
    standings: &mut Standings<'_>,
    standing: &[usize],
    able: Vec<usize>,
) -> Result<Vec<usize>, TieUndecided> {
    let rules = standings.rules;
    if rules.method == Method::BottomsUp {
        return Ok(Vec::new());
    }
    let mut reached = able.clone();
    reached.retain(|c| standings.reaches_threshold(*c));
    if !reached.is_empty() || rules.method != Method::Irv || standing.len() != 2 {
        return Ok(reached);
    }
    // The last two, neither at the threshold: equal votes, or a threshold fixed in round 1.
    let tied = standing
        .iter()
        .all(|c| standings.votes(*c) == standings.votes(standing[0]));
    if tied || rules.threshold.first_round_rule {
        return Ok(vec![largest(standings, &able)?]);
    }
    Ok(Vec::new())
}

/// As many as there are seats, those with the most votes first.
fn most_votes(
    standings: &mut Standings<'_>,
    mut able: Vec<usize>,
) -> Result<Vec<usize>, TieUndecided> {
    let mut elected = Vec::new();
    while elected.len() < standings.seats_left() && !able.is_empty() {
        let next = largest(standings, &able)?;
        able.retain(|c| *c != next);
        elected.push(next);
    }
    elected.sort_unstable();
    Ok(elected)
}

/// The one with the most votes, by lot or rule where several have them.
fn largest(standings: &mut Standings<'_>, among: &[usize]) -> Result<usize, TieUndecided> {
    let most = among.iter().map(|c| standings.votes(*c)).max();
    let mut first = among.to_vec();
    first.retain(|c| Some(standings.votes(*c)) == most);
    standings.one_of(&first, Side::Winner)
}
