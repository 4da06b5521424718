//! A map of the example's six regions, drawn by us: an invented country of corners that borders join. Each border
//! is drawn once and walked by both neighbours, so that no gap opens.

use std::fmt::Write as _;

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// Degrees in ten-thousandths, so that every machine draws the same map.
type Corner = (i64, i64);

/// How often a border is halved, and bent in its middle.
const HALVINGS: u32 = 4;
/// The most by which a middle is bent, in thousandths of the length.
const BEND_MAX: u64 = 110;

const CORNERS: [(char, Corner); 25] = [
    ('A', (-770_000, 466_000)),
    ('B', (-746_000, 469_000)),
    ('C', (-726_000, 476_000)),
    ('D', (-700_000, 484_000)),
    ('F', (-770_000, 457_000)),
    ('G', (-757_000, 454_000)),
    ('H', (-745_000, 456_000)),
    ('J', (-716_000, 466_000)),
    ('K', (-703_000, 472_000)),
    ('L', (-676_000, 486_000)),
    ('M', (-670_000, 478_000)),
    ('N', (-692_000, 470_000)),
    ('P', (-739_000, 459_000)),
    ('Q', (-734_000, 457_500)),
    ('R', (-739_000, 455_000)),
    ('S', (-733_000, 454_000)),
    ('T', (-739_000, 452_000)),
    ('U', (-744_000, 453_000)),
    ('V', (-746_000, 450_000)),
    ('W', (-706_000, 460_000)),
    ('X', (-712_000, 452_000)),
    ('Y', (-726_000, 450_000)),
    // A lake of three corners, and the first of an island.
    ('a', (-760_000, 461_000)),
    ('b', (-757_000, 462_500)),
    ('c', (-755_500, 460_500)),
];
const ISLAND: [(char, Corner); 3] = [
    ('d', (-695_000, 480_500)),
    ('e', (-691_500, 482_500)),
    ('f', (-692_000, 479_500)),
];

/// Number, hexagon, and parts: outlines first, then the holes in them.
type Region = (u16, [u8; 2], &'static [&'static [&'static str]]);

const REGIONS: [Region; 6] = [
    (1, [2, 1], &[&["JWNMLK"], &["dfe"]]),
    (2, [2, 0], &[&["BPQJKDC"]]),
    (3, [2, 2], &[&["QSTYXWJ"]]),
    (4, [1, 1], &[&["HRQP"]]),
    (5, [1, 2], &[&["HUTSQR"]]),
    (6, [0, 1], &[&["AFGVUHPB", "abc"]]),
];

pub(crate) fn geojson() -> String {
    let features = REGIONS.iter().map(feature).collect::<Vec<String>>();
    format!(
        "{{\"type\": \"FeatureCollection\", \"features\": [\n{}\n]}}\n",
        features.join(",\n")
    )
}

fn feature((number, [column, row], parts): &Region) -> String {
    let parts = parts.iter().map(|rings| {
        let rings = rings.iter().map(|ring| format!("[{}]", positions(ring)));
        format!("[{}]", rings.collect::<Vec<String>>().join(",\n  "))
    });
    let parts = parts.collect::<Vec<String>>().join(",\n ");
    format!(
        "{{\"type\": \"Feature\", \"properties\": {{\"region\": {number}, \"hex\": [{column}, {row}]}}, \"geometry\": {{\"type\": \"MultiPolygon\", \"coordinates\": [\n {parts}]}}}}"
    )
}

/// The positions of a ring, the first one again at the end.
fn positions(ring: &str) -> String {
    let next = ring.chars().cycle().skip(1);
    let mut line = Vec::new();
    for (from, to) in ring.chars().zip(next) {
        line.extend(border(from, to));
    }
    line.push(line[0]);
    let mut text = String::new();
    for (longitude, latitude) in line {
        let comma = if text.is_empty() { "" } else { "," };
        let degrees = |value: i64| format!("{}.{:04}", value / 10_000, value.abs() % 10_000);
        let _ = write!(
            text,
            "{comma}[{},{}]",
            degrees(longitude),
            degrees(latitude)
        );
    }
    text
}

/// From one corner up to the other, which is left out: drawn from the letter that comes first, whoever walks it.
fn border(from: char, to: char) -> Vec<Corner> {
    let (first, last) = (from.min(to), from.max(to));
    let seed = u64::from(u32::from(first)) * 1_000 + u64::from(u32::from(last));
    let mut random = SplitMix64::seed_from_u64(seed);
    let mut line = vec![corner(first), corner(last)];
    for _ in 0..HALVINGS {
        let mut bent = Vec::new();
        for pair in line.windows(2) {
            bent.extend([pair[0], middle(pair[0], pair[1], &mut random)]);
        }
        bent.push(corner(last));
        line = bent;
    }
    if from != first {
        line.reverse();
    }
    line.pop();
    line
}

fn middle(one: Corner, other: Corner, random: &mut SplitMix64) -> Corner {
    let bend = (random.next_u64() % (2 * BEND_MAX + 1)).cast_signed() - BEND_MAX.cast_signed();
    let (along_x, along_y) = (other.0 - one.0, other.1 - one.1);
    (
        one.0 + along_x / 2 - along_y * bend / 1_000,
        one.1 + along_y / 2 + along_x * bend / 1_000,
    )
}

fn corner(letter: char) -> Corner {
    let mut all = CORNERS.iter().chain(&ISLAND);
    all.find(|(name, _)| *name == letter).expect("a corner").1
}
