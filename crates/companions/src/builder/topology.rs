//! Makes the polygons of a map small without tearing their borders apart.
//!
//! Two neighbours share the corners of their border. Rings are cut into lines where borders meet, and each line is
//! simplified by itself: so both neighbours keep the same corners, and no gap opens. Each ring also keeps three
//! corners that stand far apart, so that no region collapses.

use std::collections::{HashMap, HashSet};

use crate::builder::drawn::Rings;
use crate::builder::simplify::{doubled_area, weights};
use crate::geometry::{Point, Polygon, RegionGeometry};

/// Corners that a packed map should have: more are not seen, and make pages heavy.
const CORNERS_AIM: usize = 8_000;
/// Triangles, islands and lakes below this go in any case, in half squares of the grid: on a screen of a thousand
/// points a grid square is a hundredth of a point.
const AREA_MIN: u64 = 32;

/// A ring, and how much each of its corners matters.
struct WeighedRing(Vec<(Point, u64)>);

/// A region whose parts lie on the grid.
pub(super) struct GridRegion {
    /// Which region it is, with its hexagon; its polygons are still to be filled in.
    pub(super) region: RegionGeometry,
    /// Its parts with all their corners.
    pub(super) parts: Vec<Rings<Point>>,
}

/// Fills in the polygons of each region. The numbers returned are those of regions too small to be drawn.
pub(super) fn simplified(regions: Vec<GridRegion>) -> (Vec<RegionGeometry>, Vec<u16>) {
    let mut too_small = Vec::new();
    let mut cleaned: Vec<GridRegion> = regions.into_iter().map(cleaned).collect();
    for region in &cleaned {
        if region.parts.is_empty() {
            too_small.push(region.region.region);
        }
    }
    drop_small_holes(&mut cleaned);
    let rings: Vec<&Vec<Point>> = cleaned
        .iter()
        .flat_map(|region| region.parts.iter().flatten())
        .collect();
    let fixed = fixed_points(&rings);
    let mut weighed: Vec<(RegionGeometry, Vec<Vec<WeighedRing>>)> = Vec::new();
    for GridRegion { region, parts } in &cleaned {
        let weigh = |ring: &Vec<Point>| weighed_ring(ring, &fixed);
        let parts = parts.iter().map(|part| part.iter().map(weigh).collect());
        weighed.push((region.clone(), parts.collect()));
    }
    let least = least_weight(&weighed);
    let polygon = |part: Vec<WeighedRing>| {
        let rings = part.iter().enumerate();
        Polygon(rings.map(|(at, ring)| ring.kept(least, at == 0)).collect())
    };
    let regions = weighed.into_iter().map(|(mut region, parts)| {
        region.polygons = parts.into_iter().map(polygon).collect();
        region
    });
    (regions.collect(), too_small)
}

/// Without repeated corners, rings without an inside, and small islands, but always with the largest part.
fn cleaned(mut region: GridRegion) -> GridRegion {
    let size = |ring: &Vec<Point>| doubled_area(ring).unsigned_abs();
    for part in &mut region.parts {
        for ring in part.iter_mut() {
            ring.dedup();
            while ring.len() > 1 && ring.first() == ring.last() {
                ring.pop();
            }
        }
        // A part without an outline has no holes either.
        if part.first().is_none_or(|outline| size(outline) == 0) {
            part.clear();
        }
        part.retain(|ring| size(ring) > 0);
    }
    region.parts.retain(|part| !part.is_empty());
    let sizes: Vec<u64> = region.parts.iter().map(|part| size(&part[0])).collect();
    let largest = sizes.iter().copied().max().unwrap_or(0);
    let mut sizes = sizes.into_iter();
    region.parts.retain(|_| {
        let size = sizes.next().unwrap_or(0);
        size >= AREA_MIN || size == largest
    });
    region
}

/// Takes away lakes that nobody would see, but no hole in which another region lies.
fn drop_small_holes(regions: &mut [GridRegion]) {
    let outlines = regions.iter().flat_map(|region| &region.parts);
    let outlines = outlines.filter_map(|part| part.first());
    let of_outlines: HashSet<Point> = outlines.flatten().copied().collect();
    for part in regions.iter_mut().flat_map(|region| &mut region.parts) {
        let mut is_outline = true;
        part.retain(|ring| {
            let kept = is_outline
                || doubled_area(ring).unsigned_abs() >= AREA_MIN
                || ring.iter().any(|point| of_outlines.contains(point));
            is_outline = false;
            kept
        });
    }
}

/// Points that stay: where borders meet, and three of each ring.
fn fixed_points(rings: &[&Vec<Point>]) -> HashSet<Point> {
    let mut fixed = HashSet::new();
    let mut neighbours: HashMap<Point, Vec<Point>> = HashMap::new();
    for ring in rings {
        let before = ring.iter().cycle().skip(ring.len() - 1);
        let after = ring.iter().cycle().skip(1);
        for ((before, at), after) in before.zip(ring.iter()).zip(after) {
            let known = neighbours.entry(*at).or_default();
            for next in [before, after] {
                if !known.contains(next) && known.len() <= 2 {
                    known.push(*next);
                }
            }
        }
        fixed.extend(far_apart(ring));
    }
    let meeting = neighbours.into_iter().filter(|(_, next)| next.len() > 2);
    fixed.extend(meeting.map(|(point, _)| point));
    fixed
}

/// The first and the last corner in order, and the one farthest from the line through them.
fn far_apart(ring: &[Point]) -> Vec<Point> {
    let (Some(first), Some(last)) = (ring.iter().min(), ring.iter().max()) else {
        return Vec::new();
    };
    let off = |point: &Point| {
        (
            doubled_area(&[*first, *last, *point]).unsigned_abs(),
            *point,
        )
    };
    let farthest = ring.iter().max_by_key(|point| off(point));
    [Some(*first), Some(*last), farthest.copied()]
        .into_iter()
        .flatten()
        .collect()
}

/// Weighs the lines between the fixed points of a ring; it begins at the first of them in order.
fn weighed_ring(ring: &[Point], fixed: &HashSet<Point>) -> WeighedRing {
    let start = (0..ring.len()).min_by_key(|at| ring[*at]).unwrap_or(0);
    // Once around, back to where it began.
    let walk: Vec<Point> = ring
        .iter()
        .cycle()
        .skip(start)
        .take(ring.len() + 1)
        .copied()
        .collect();
    let mut weighed = Vec::with_capacity(ring.len());
    let mut from = 0;
    for at in 1..walk.len() {
        if at + 1 == walk.len() || fixed.contains(&walk[at]) {
            let line = &walk[from..=at];
            // The last corner of a line is the first one of the next.
            let corners = line.iter().copied().zip(weights(line));
            weighed.extend(corners.take(line.len() - 1));
            from = at;
        }
    }
    WeighedRing(weighed)
}

/// The smallest weight with which the map has few enough corners, or with which nothing more would go.
fn least_weight(regions: &[(RegionGeometry, Vec<Vec<WeighedRing>>)]) -> u64 {
    let rings = || regions.iter().flat_map(|(_, parts)| parts.iter().flatten());
    let corners = |least: u64| -> usize {
        let kept =
            |ring: &WeighedRing| ring.0.iter().filter(|(_, weight)| *weight >= least).count();
        rings().map(kept).sum()
    };
    let mut least = AREA_MIN;
    while corners(least) > CORNERS_AIM && least < u64::from(u32::MAX) {
        least *= 2;
    }
    least
}

impl WeighedRing {
    /// The corners that matter. Outlines are walked clockwise on the screen, holes the other way.
    fn kept(&self, least: u64, is_outline: bool) -> Vec<Point> {
        let kept = self.0.iter().filter(|(_, weight)| *weight >= least);
        let mut ring: Vec<Point> = kept.map(|(point, _)| *point).collect();
        ring.dedup();
        while ring.len() > 1 && ring.first() == ring.last() {
            ring.pop();
        }
        if (doubled_area(&ring) > 0) != is_outline {
            // The first corner stays the first.
            ring[1..].reverse();
        }
        ring
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Cells in each direction.
    const CELLS: u16 = 4;
    /// Length of a cell's side.
    const SIDE: u16 = 2_000;

    /// The border from one crossing to a neighbouring one, which is left out: it wriggles inside, and is straight
    /// along the frame. Walked backwards it has the same points.
    fn border(from: Point, to: Point) -> Vec<Point> {
        let (first, last) = (from.min(to), from.max(to));
        let is_across = first[1] == last[1];
        let along = usize::from(is_across);
        let is_inside = first[along] > 0 && first[along] < CELLS * SIDE;
        let mut line: Vec<Point> = (0..=SIDE)
            .map(|step| {
                let bend = u32::from(step) * 7_919 % 61;
                let bend = if is_inside && step > 0 && step < SIDE {
                    u16::try_from(bend).expect("below 61")
                } else {
                    0
                };
                match is_across {
                    true => [first[0] + step, first[1] + bend],
                    false => [first[0] + bend, first[1] + step],
                }
            })
            .collect();
        if from != first {
            line.reverse();
        }
        line.pop();
        line
    }

    fn cell(column: u16, row: u16) -> GridRegion {
        let [left, top] = [column * SIDE, row * SIDE];
        let corners = [
            [left, top],
            [left + SIDE, top],
            [left + SIDE, top + SIDE],
            [left, top + SIDE],
        ];
        let next = corners.iter().cycle().skip(1);
        let ring = corners.iter().zip(next);
        region(
            1 + row * CELLS + column,
            ring.flat_map(|(from, to)| border(*from, *to)).collect(),
        )
    }

    fn region(number: u16, ring: Vec<Point>) -> GridRegion {
        GridRegion {
            region: RegionGeometry {
                region: number,
                hexagon: None,
                polygons: Vec::new(),
            },
            parts: vec![vec![ring]],
        }
    }

    /// A region of seven corners, far smaller than what goes where a map has too many.
    fn islet() -> GridRegion {
        let ring = [
            [9_000, 9_000],
            [9_004, 9_001],
            [9_008, 9_000],
            [9_009, 9_004],
        ];
        let rest = [[9_008, 9_008], [9_004, 9_007], [9_000, 9_008]];
        region(100, ring.into_iter().chain(rest).collect())
    }

    /// Sixteen cells tile a square: however many corners go, each border inside is one border, and no cell and no
    /// islet vanishes.
    #[test]
    fn simplified_cells_still_tile_the_square() {
        let cells = (0..CELLS).flat_map(|row| (0..CELLS).map(move |column| cell(column, row)));
        let (regions, too_small) = simplified(cells.chain([islet()]).collect());
        assert!(too_small.is_empty());
        let mut edges: BTreeMap<[Point; 2], u32> = BTreeMap::new();
        let mut area = 0;
        let mut corners = 0;
        for region in &regions[..16] {
            let ring = &region.polygons[0].0[0];
            area += doubled_area(ring);
            corners += ring.len();
            for (one, other) in ring.iter().zip(ring.iter().cycle().skip(1)) {
                *edges.entry([*one.min(other), *one.max(other)]).or_insert(0) += 1;
            }
        }
        assert!(corners <= CORNERS_AIM, "{corners} corners");
        assert!(edges.len() > 200, "{} edges", edges.len());
        let end = CELLS * SIDE;
        assert_eq!(area, 2 * i64::from(end) * i64::from(end));
        let on_frame = |[one, other]: &[Point; 2]| {
            (0..2).any(|axis| one[axis] == other[axis] && [0, end].contains(&one[axis]))
        };
        for (edge, count) in &edges {
            assert_eq!(*count, 2 - u32::from(on_frame(edge)), "{edge:?}");
        }
        let islet = &regions[16].polygons[0].0[0];
        assert!((3..7).contains(&islet.len()), "{islet:?}");
    }

    /// A line through some corners that wriggles between them, without its last corner.
    fn wriggling(corners: &[Point]) -> Vec<Point> {
        const STEPS: u32 = 2_000;
        let between = |pair: &[Point], step: u32| {
            let at = |axis: usize| {
                let [from, to] = [pair[0][axis], pair[1][axis]].map(u32::from);
                let bend = if step == 0 { 0 } else { step * 7_919 % 31 };
                let place = (from * (STEPS - step) + to * step) / STEPS + bend;
                u16::try_from(place).expect("on the grid")
            };
            [at(0), at(1)]
        };
        let pairs = corners.windows(2);
        pairs
            .flat_map(|pair| (0..STEPS).map(move |step| between(pair, step)))
            .collect()
    }

    /// Three borders meet in a point that is no extreme of any of the three regions.
    #[test]
    fn no_gap_opens_where_borders_meet() {
        let middle = [5_000, 5_000];
        let [west, south, east] = [
            wriggling(&[[0, 5_000], middle]),
            wriggling(&[[5_000, 9_900], [4_000, 9_000], [6_000, 7_000], middle]),
            wriggling(&[[9_900, 5_000], middle]),
        ];
        let backwards = |line: &[Point]| {
            let inner = line[1..].iter().rev().copied();
            [middle].into_iter().chain(inner).collect::<Vec<Point>>()
        };
        let corner = |x: u16, y: u16| vec![[x, y]];
        let north = [
            &west[..],
            &backwards(&east),
            &east[..1],
            &corner(9_900, 0),
            &corner(0, 0),
        ];
        let left = [&south[..], &backwards(&west), &west[..1], &corner(0, 9_900)];
        let right = [
            &east[..],
            &backwards(&south),
            &south[..1],
            &corner(9_900, 9_900),
        ];
        let rings = [north.concat(), left.concat(), right.concat()];
        let regions = (1..).zip(rings).map(|(number, ring)| region(number, ring));
        let (regions, _) = simplified(regions.collect());
        let rings: Vec<&Vec<Point>> = regions.iter().map(|r| &r.polygons[0].0[0]).collect();
        assert!(rings.iter().map(|ring| ring.len()).sum::<usize>() > 100);
        let area: i64 = rings.iter().map(|ring| doubled_area(ring)).sum();
        assert_eq!(area, 2 * 9_900 * 9_900);
        assert!(rings.iter().all(|ring| ring.contains(&middle)));
    }

    #[test]
    fn small_lakes_go_and_what_lies_in_them_stays() {
        let frame = vec![[0, 0], [9_000, 0], [9_000, 9_000], [0, 9_000]];
        let lake = vec![[10, 10], [13, 10], [10, 13]];
        let hole = vec![[20, 20], [23, 20], [20, 23]];
        let mut around = region(1, frame);
        around.parts[0].extend([lake.clone(), hole.clone()]);
        // An island beside the largest part of a region goes, too.
        let mut inside = region(2, hole);
        inside.parts.push(vec![vec![[30, 30], [31, 30], [30, 31]]]);
        let line = region(3, vec![[1, 1], [2, 2], [3, 3]]);
        let (regions, too_small) = simplified(vec![around, inside, line]);
        assert_eq!(too_small, [3]);
        assert_eq!(regions[0].polygons[0].0.len(), 2);
        assert_eq!(regions[1].polygons.len(), 1);
        let hole = &regions[0].polygons[0].0[1];
        let enclave = &regions[1].polygons[0].0[0];
        // Walked the other way round.
        assert_eq!(doubled_area(hole), -doubled_area(enclave));
        assert!(doubled_area(enclave) > 0);
    }
}
