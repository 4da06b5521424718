//! The rounds of a ranked count as stacked bars. Ribbons between the bars show how votes move.
//!
//! Each round is a bar; the one with the most votes is as wide as the picture. A candidate's part is joined to the same
//! candidate's part of the next round. Where exactly one candidate lost votes, ribbons
//! lead from that candidate to all who gained. Where several lost votes at once, nobody can tell whose
//! votes went where, and no ribbon is drawn for the gains.

use crate::results::Round;

/// Width of the picture in SVG units.
const WIDTH: u64 = 960;
const BAR_HEIGHT: u64 = 46;
const GAP: u64 = 46;
/// Room at the left for the round's number.
const LEFT: u64 = 40;

/// A part of a bar. `candidate` is none for votes that count for nobody.
pub(crate) struct Part {
    pub(crate) candidate: Option<u32>,
    pub(crate) x: u64,
    pub(crate) width: u64,
    /// Votes, in the units of the rounds.
    pub(crate) votes: u64,
}

/// A ribbon from one bar to the next, coloured as `candidate`.
pub(crate) struct Ribbon {
    pub(crate) candidate: Option<u32>,
    pub(crate) path: String,
}

pub(crate) struct Bar {
    pub(crate) number: u64,
    pub(crate) y: u64,
    pub(crate) label_y: u64,
    pub(crate) parts: Vec<Part>,
}

pub(crate) struct Flow {
    pub(crate) width: u64,
    pub(crate) height: u64,
    pub(crate) bar_height: u64,
    pub(crate) bars: Vec<Bar>,
    pub(crate) ribbons: Vec<Ribbon>,
}

/// Lays some rounds out, the first of which has that number. None where there is no vote to draw.
pub(crate) fn flow(rounds: &[Round], first: u64) -> Option<Flow> {
    let total = rounds.iter().map(round_total).max().filter(|t| *t > 0)?;
    let bars: Vec<Bar> = rounds
        .iter()
        .zip(0_u64..)
        .map(|(round, at)| Bar {
            number: first + at,
            ..bar(round, at, total)
        })
        .collect();
    let ribbons = bars
        .windows(2)
        .flat_map(|pair| ribbons(&pair[0], &pair[1]))
        .collect();
    let last = bars.last().map_or(0, |bar| bar.y);
    Some(Flow {
        width: LEFT + WIDTH,
        height: last + BAR_HEIGHT,
        bar_height: BAR_HEIGHT,
        bars,
        ribbons,
    })
}

fn round_total(round: &Round) -> u64 {
    let counted = round.counts.iter().map(|(_, votes)| *votes);
    counted.fold(round.exhausted, u64::saturating_add)
}

fn bar(round: &Round, at: u64, total: u64) -> Bar {
    let scale = |votes: u64| {
        let scaled = u128::from(votes) * u128::from(WIDTH) / u128::from(total);
        u64::try_from(scaled).expect("a bar is no wider than the widest")
    };
    let counts = round
        .counts
        .iter()
        .map(|(number, votes)| (Some(*number), *votes));
    let mut before = 0_u64;
    let mut parts = Vec::new();
    for (candidate, votes) in counts.chain([(None, round.exhausted)]) {
        let after = before.saturating_add(votes);
        parts.push(Part {
            candidate,
            x: LEFT + scale(before),
            width: scale(after) - scale(before),
            votes,
        });
        before = after;
    }
    let y = at * (BAR_HEIGHT + GAP);
    Bar {
        number: at + 1,
        y,
        label_y: y + BAR_HEIGHT / 2 + 6,
        parts,
    }
}

fn ribbons(above: &Bar, below: &Bar) -> Vec<Ribbon> {
    let widths = |bar: &Bar, candidate| {
        let part = bar.parts.iter().find(|p| p.candidate == candidate);
        part.map_or((0, 0), |p| (p.x, p.width))
    };
    let edge = above.y + BAR_HEIGHT;
    let mut found = Vec::new();
    let mut losers = Vec::new();
    for part in above.parts.iter().filter(|part| part.width > 0) {
        let (x, width) = widths(below, part.candidate);
        let kept = part.width.min(width);
        if kept > 0 {
            found.push(ribbon(part.candidate, (part.x, edge), (x, below.y), kept));
        }
        // A unit is what rounding to whole SVG units may take away.
        if part.width > kept + 1 {
            losers.push((part.candidate, part.x + kept));
        }
    }
    if let [(loser, start)] = losers[..] {
        let mut from = start;
        for part in &below.parts {
            let kept = widths(above, part.candidate).1.min(part.width);
            let gained = part.width - kept;
            if gained > 0 {
                found.push(ribbon(
                    loser,
                    (from, edge),
                    (part.x + kept, below.y),
                    gained,
                ));
                from += gained;
            }
        }
    }
    found
}

fn ribbon(candidate: Option<u32>, from: (u64, u64), to: (u64, u64), width: u64) -> Ribbon {
    let middle = (from.1 + to.1) / 2;
    let ((x1, y1), (x2, y2)) = (from, to);
    let (r1, r2) = (x1 + width, x2 + width);
    Ribbon {
        candidate,
        path: format!(
            "M{x1} {y1}C{x1} {middle} {x2} {middle} {x2} {y2}H{r2}C{r2} {middle} {r1} {middle} {r1} {y1}Z"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(counts: &[(u32, u64)], exhausted: u64) -> Round {
        Round {
            counts: counts.to_vec(),
            threshold: None,
            winners: vec![],
            eliminated: vec![],
            exhausted,
        }
    }

    fn drawn(rounds: Vec<Round>) -> Option<Flow> {
        flow(&rounds, 1)
    }

    #[test]
    fn one_losers_votes_are_followed_to_all_who_gained() {
        let flow = drawn(vec![
            round(&[(1, 50), (2, 30), (3, 20)], 0),
            round(&[(1, 55), (2, 40)], 5),
        ])
        .expect("votes to draw");
        assert_eq!(flow.bars.len(), 2);
        let from_third = flow
            .ribbons
            .iter()
            .filter(|r| r.candidate == Some(3))
            .count();
        assert_eq!((flow.ribbons.len(), from_third), (5, 3));
        for bar in &flow.bars {
            let width: u64 = bar.parts.iter().map(|p| p.width).sum();
            assert_eq!(width, WIDTH);
        }
    }

    #[test]
    fn several_losers_at_once_are_not_told_apart() {
        let flow = drawn(vec![
            round(&[(1, 50), (2, 30), (3, 20)], 0),
            round(&[(1, 100)], 0),
        ])
        .expect("votes to draw");
        assert_eq!(flow.ribbons.len(), 1);
    }

    #[test]
    fn nothing_to_draw_is_no_picture() {
        assert!(drawn(vec![round(&[(1, 0)], 0)]).is_none());
        assert!(drawn(vec![]).is_none());
        let huge = drawn(vec![round(&[(1, u64::MAX), (2, u64::MAX)], u64::MAX)]);
        assert!(huge.is_some());
    }
}
