//! What accompanies the example events, `fixtures/regions*.geojson`, `fixtures/baseline*.csv` and
//! `fixtures/turnout-125.csv`: drawn and made up here, and read as `shardpack` reads it. What that gives for the example of six regions is the released format,
//! byte by byte: `fixtures/golden/companions/`. To write all of them anew: `SCRUTIN_BLESS=1 cargo test -p companions
//! --test fixtures`, after a deliberate change of format with a new version in the files and a line in CHANGELOG.md.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

#[path = "drawn/earlier.rs"]
mod earlier;
#[path = "drawn/province.rs"]
mod province;
#[path = "drawn/six.rs"]
mod six;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use companions::{Geometry, builder};
use election::Event;

fn fixture(name: &str) -> PathBuf {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures");
    PathBuf::from(root).join(name)
}

/// The committed file is what was drawn; with SCRUTIN_BLESS it becomes so.
fn check(name: &str, drawn: &str) {
    if std::env::var_os("SCRUTIN_BLESS").is_some() {
        fs::write(fixture(name), drawn).unwrap();
    }
    let committed = fs::read_to_string(fixture(name)).unwrap_or_default();
    assert!(
        committed == drawn,
        "{name} is not what tests/fixtures.rs makes"
    );
}

fn event(name: &str) -> Event {
    let text = fs::read_to_string(fixture(name)).unwrap();
    let (event, files) = Event::with_named_files(&text).unwrap();
    assert!(files.geometry.is_some() && files.baseline.is_some());
    event
}

fn geometry(event: &Event, text: &str) -> Geometry {
    builder::geometry(text.as_bytes(), event).unwrap().geometry
}

#[test]
fn the_example_has_a_map_and_a_cartogram() {
    let text = six::geojson();
    check("regions.geojson", &text);
    let geometry = geometry(&event("election.toml"), &text);
    assert_eq!(geometry.regions().len(), 6);
    assert_eq!(geometry.map_size().unwrap()[0], 10_000);
    assert_eq!(geometry.cartogram_size(), Some([3, 3]));
    assert!(geometry.corners() > 300, "{}", geometry.corners());
    let json = String::from_utf8(geometry.to_json()).unwrap();
    assert!(json.len() < 10_000);
    check("golden/companions/geometry-1.json", &json);
    // An island, and a lake.
    assert_eq!(geometry.regions()[0].polygons.len(), 2);
    assert_eq!(geometry.regions()[5].polygons[0].0.len(), 2);
}

/// The border of two regions has the same corners on both sides.
#[test]
fn no_gap_opens_between_the_regions_of_the_example() {
    let geometry = geometry(&event("election.toml"), &six::geojson());
    let mut edges = std::collections::BTreeMap::new();
    for region in geometry.regions() {
        for ring in region.polygons.iter().flat_map(|polygon| &polygon.0) {
            for (one, other) in ring.iter().zip(ring.iter().cycle().skip(1)) {
                *edges.entry([*one.min(other), *one.max(other)]).or_insert(0) += 1;
            }
        }
    }
    let shared = edges.values().filter(|count| **count == 2).count();
    assert!(edges.values().all(|count| *count <= 2));
    // Ten of the borders are of two regions, each with some of its 16 pieces.
    assert!(shared > 80, "{shared} of {} edges are shared", edges.len());
}

/// On the map by their borders, in a cartogram alone by their hexagons; whoever is beside me has me beside them.
#[test]
fn neighbours_share_a_border_or_a_side() {
    for (definition, text, some) in [
        ("election.toml", six::geojson(), vec![(1, vec![2, 3])]),
        ("election-125.toml", province::geojson(), vec![]),
    ] {
        let event = event(definition);
        let geometry = geometry(&event, &text);
        for region in &event.regions {
            let beside = geometry.neighbours(region.number);
            assert!((1..=6).contains(&beside.len()), "{}", region.number);
            let back = |other: &u16| geometry.neighbours(*other).contains(&region.number);
            assert!(beside.iter().all(back), "{}", region.number);
        }
        for (region, beside) in some {
            assert_eq!(geometry.neighbours(region), beside);
        }
        assert!(geometry.neighbours(9_999).is_empty());
    }
}

#[test]
fn the_province_has_a_cartogram_alone() {
    let text = province::geojson();
    check("regions-125.geojson", &text);
    let geometry = geometry(&event("election-125.toml"), &text);
    assert_eq!(geometry.regions().len(), 125);
    assert_eq!(geometry.map_size(), None);
    assert_eq!(geometry.cartogram_size(), Some([14, 12]));
}

#[test]
fn both_have_earlier_results() {
    for (definition, name, regions) in [
        ("election.toml", "baseline.csv", 6),
        ("election-125.toml", "baseline-125.csv", 125),
    ] {
        let event = event(definition);
        let text = earlier::csv(&event);
        check(name, &text);
        let title = event.title.clone();
        let date = "2021-10-04".parse().unwrap();
        let baseline = builder::baseline(text.as_bytes(), &event, title, date).unwrap();
        let hours = earlier::hours(&baseline);
        if regions == 125 {
            check("turnout-125.csv", &hours);
        }
        let timed = builder::with_turnout(hours.as_bytes(), &event, baseline.clone()).unwrap();
        let turnout = timed.ballots()[0].turnout.as_ref().unwrap();
        let ends = [&turnout.until[0], &turnout.until[10]].map(|until| until.hour);
        assert_eq!(ends, [10, 20]);
        if regions == 6 {
            let json = String::from_utf8(baseline.to_json()).unwrap();
            check("golden/companions/baseline-1.json", &json);
        }
        assert_eq!(baseline.ballots().len(), 2);
        let earlier = baseline.ballot("E2025-QC").unwrap();
        assert_eq!(earlier.regions.len(), regions);
        let parties = event.parties.iter().map(|party| Some(party.code.as_str()));
        let seats = parties.chain([None]).map(|party| earlier.total(party).1);
        assert_eq!(seats.sum::<u64>(), regions as u64);
    }
}

/// Odd rows stand half a hexagon further to the right.
#[test]
fn hexagons_touch_six_others() {
    let event = event("election-125.toml");
    let geometry = geometry(&event, &province::geojson());
    let hexagons: BTreeMap<_, _> = geometry
        .regions()
        .iter()
        .filter_map(|one| Some((one.hexagon.map(|at| (at.column, at.row))?, one.region)))
        .collect();
    for ((column, row), region) in &hexagons {
        let right = column + row % 2;
        let beside = [(column + 1, *row), (right, row + 1)];
        let before = |column: u8, row: Option<u8>| Some((column.checked_sub(1)?, row?));
        let others = [
            before(*column, Some(*row)),
            before(right, Some(row + 1)),
            before(right, row.checked_sub(1)),
            row.checked_sub(1).map(|row| (right, row)),
        ];
        let places = beside.into_iter().chain(others.into_iter().flatten());
        let mut expected: Vec<u16> = places.filter_map(|at| hexagons.get(&at).copied()).collect();
        expected.sort_unstable();
        assert_eq!(geometry.neighbours(*region), expected, "{region}");
    }
}
