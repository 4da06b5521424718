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
