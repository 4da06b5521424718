//! Shares of regions as dots over one axis from nothing to all. Dots that would touch are stacked.

/// Width of the picture in SVG units: one for each thousandth of a share, and a margin on both sides.
const WIDTH: u64 = 1_000;
const MARGIN: u64 = 14;
const RADIUS: u64 = 9;
/// Room for the words of the line above the dots, and for the numbers of the axis below.
const ABOVE: u64 = 34;
const BELOW: u64 = 34;
/// Fewer levels of dots leave no room for the line.
const LEVELS_MIN: u64 = 3;

/// A region, by its position in the list that was handed in.
pub(crate) struct Dot {
    pub(crate) nth: usize,
    pub(crate) x: u64,
    pub(crate) y: u64,
}

/// The whole picture, in SVG units.
pub(crate) struct Dots {
    pub(crate) width: u64,
    pub(crate) height: u64,
    pub(crate) radius: u64,
    /// Left and right ends of the axis, and how far down it is.
    pub(crate) left: u64,
    pub(crate) right: u64,
    pub(crate) axis_y: u64,
    /// Where the needed share stands.
    pub(crate) mark_x: u64,
    pub(crate) dots: Vec<Dot>,
}

/// Lays out shares in thousandths over one axis, with a line at the share that is needed.
pub(crate) fn dots(shares: &[u64], needed: u64) -> Dots {
    let mut levels: Vec<Vec<u64>> = Vec::new();
    let places = shares.iter().map(|share| (*share).min(WIDTH));
    let placed: Vec<(u64, u64)> = places
        .map(|share| (share, level(&mut levels, share)))
        .collect();
    let highest = (levels.len() as u64).max(LEVELS_MIN);
    let axis_y = ABOVE + highest * 2 * RADIUS + 2;
    let mut dots = Vec::new();
    for (nth, (share, below)) in placed.into_iter().enumerate() {
        dots.push(Dot {
            nth,
            x: MARGIN + share,
            y: axis_y - RADIUS - 2 - below * 2 * RADIUS,
        });
    }
    Dots {
        width: WIDTH + 2 * MARGIN,
        height: axis_y + BELOW,
        radius: RADIUS - 1,
        left: MARGIN,
        right: MARGIN + WIDTH,
        axis_y,
        mark_x: MARGIN + needed.min(WIDTH),
        dots,
    }
}

/// The lowest level at which a dot at `share` touches no other, which then holds it.
fn level(levels: &mut Vec<Vec<u64>>, share: u64) -> u64 {
    let is_free = |level: &Vec<u64>| level.iter().all(|x| x.abs_diff(share) >= 2 * RADIUS);
    let at = levels.iter().position(is_free).unwrap_or(levels.len());
    if at == levels.len() {
        levels.push(Vec::new());
    }
    levels[at].push(share);
    at as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_stand_at_their_share_and_never_on_each_other() {
        let drawn = dots(&[0, 500, 505, 517, 1_000], 600);
        assert_eq!(drawn.mark_x, 614);
        let xs: Vec<u64> = drawn.dots.iter().map(|dot| dot.x).collect();
        assert_eq!(xs, [14, 514, 519, 531, 1_014]);
        for (at, dot) in drawn.dots.iter().enumerate() {
            assert!(dot.y + drawn.radius < drawn.axis_y && dot.y > ABOVE);
            for other in &drawn.dots[at + 1..] {
                let touches = dot.x.abs_diff(other.x) < 2 * RADIUS && dot.y == other.y;
                assert!(!touches, "{} and {}", dot.nth, other.nth);
            }
        }
        assert!(dots(&[], 600).dots.is_empty());
    }
}
