//! The canonical files: what is written is read back, in one byte form alone, and whatever else is refused.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod event;

use companions::{Baseline, Geometry, builder};
use election::Text;
use proptest::prelude::*;

use event::two_regions;

const GEOMETRY: &str = "{\"format\":\"scrutin-geometry-1\",\"size\":[10000,7000],\"regions\":[\
    {\"region\":1,\"hexagon\":{\"column\":0,\"row\":0},\"polygons\":[[[[0,0],[5000,0],[5000,7000]],[[10,5],[20,5],[20,9]]]]},\
    {\"region\":300,\"hexagon\":{\"column\":1,\"row\":0},\"polygons\":[[[[5000,0],[10000,0],[5000,7000]]]]}]}";
const BASELINE: &str = "{\"format\":\"scrutin-baseline-1\",\"title\":{\"fr\":\"Avant\",\"en\":\"Before\"},\"date\":\"2021-10-04\",\
    \"ballots\":[{\"ballot\":\"E-1\",\"regions\":[\
    {\"region\":1,\"results\":[{\"party\":\"A\",\"votes\":70,\"seats\":1},{\"votes\":5,\"seats\":0}]},\
    {\"region\":300,\"results\":[{\"party\":\"B\",\"votes\":40,\"seats\":1}]}]}]}";

fn geometry(json: &str) -> Result<Geometry, String> {
    Geometry::from_json(json.as_bytes(), &two_regions())
}

fn baseline(json: &str) -> Result<Baseline, String> {
    Baseline::from_json(json.as_bytes(), &two_regions())
}

#[test]
fn sound_files_are_read_back() {
    assert_eq!(geometry(GEOMETRY).unwrap().to_json(), GEOMETRY.as_bytes());
    assert_eq!(baseline(BASELINE).unwrap().to_json(), BASELINE.as_bytes());
}

#[test]
fn a_geometry_that_does_not_fit_is_refused() {
    for (old, new, expected) in [
        ("geometry-1", "geometry-2", "use the release that made"),
        (
            "\"region\":300",
            "\"region\":2",
            "regions are not those of the event",
        ),
        (
            "\"column\":1",
            "\"column\":0",
            "regions 1 and 300 have one hexagon",
        ),
        (
            ",\"hexagon\":{\"column\":1,\"row\":0}",
            "",
            "some regions have a hexagon",
        ),
        (
            "\"column\":1",
            "\"column\":256",
            "not a file of this version",
        ),
        (
            "[10000,7000]",
            "[9999,7000]",
            "expected a longer side of 10000",
        ),
        ("[10000,7000]", "[10000,0]", "a shorter one of 1"),
        ("\"size\":[10000,7000],", "", "polygons without the size"),
        (
            "[5000,0],[10000,0]",
            "[5000,0],[10000,7001]",
            "lies outside the map",
        ),
        (
            "[5000,0],[10000,0]",
            "[5000,0],[5000,0]",
            "a corner of a ring is repeated",
        ),
        (
            "[[5000,0],[10000,0],[5000,7000]]",
            "[[5000,0],[10000,0]]",
            "a ring of 2 corners",
        ),
        (
            "[[5000,0],[10000,0],[5000,7000]]",
            "",
            "region 300 has no polygon",
        ),
        ("[[[[5000,0],[10000,0],[5000,7000]]]]", "[]", "canonical"),
        ("[0,0]", "[0.5,0]", "not a file of this version"),
        ("[0,0]", "[-1,0]", "not a file of this version"),
        ("[0,0]", "[NaN,0]", "not a file of this version"),
        ("[0,0]", "[1e999,0]", "not a file of this version"),
        ("[0,0]", "[0, 0]", "canonical"),
        (
            "\"regions\"",
            "\"name\":\"x\",\"regions\"",
            "unknown field `name`",
        ),
    ] {
        assert!(GEOMETRY.contains(old), "{old}");
        let told = geometry(&GEOMETRY.replacen(old, new, 1)).unwrap_err();
        assert!(told.contains(expected), "{old} -> {new}: {told}");
    }
    let bare = "{\"format\":\"scrutin-geometry-1\",\"regions\":[{\"region\":1},{\"region\":300}]}";
    assert_eq!(geometry(bare).unwrap_err(), "neither polygons nor hexagons");
    let corners = (0..40_001)
        .map(|at| format!("[{},0]", at % 2))
        .collect::<Vec<_>>()
        .join(",");
    let told = geometry(&GEOMETRY.replacen("[0,0],[5000,0],[5000,7000]", &corners, 1)).unwrap_err();
    assert_eq!(told, "polygons of 40007 corners, at most 40000");
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let told = geometry(&GEOMETRY.replacen("[0,0]", &deep, 1)).unwrap_err();
    assert!(told.contains("not a file of this version"), "{told}");
    let long = " ".repeat((8 << 20) + 1);
    assert_eq!(
        geometry(&long).unwrap_err(),
        "8388609 bytes, at most 8388608 are read"
    );
}

#[test]
fn a_baseline_that_does_not_fit_is_refused() {
    for (old, new, expected) in [
        ("baseline-1", "baseline-2", "use the release that made"),
        ("Avant", "", "title: is empty"),
        ("Before", "Be\u{202e}fore", "title: holds U+202E"),
        ("2021-10-04", "2021-02-30", "not a file of this version"),
        ("2021-10-04", "2021-10-04T00:00:00", "canonical"),
        (
            "\"E-1\"",
            "\"L-1\"",
            "ballots are not elections of the event",
        ),
        (
            "\"region\":300",
            "\"region\":2",
            "regions are not those of the election",
        ),
        (
            "\"region\":300",
            "\"region\":1",
            "regions are not those of the election",
        ),
        (
            "\"party\":\"B\"",
            "\"party\":\"C\"",
            "region 300: parties are not those of the event",
        ),
        (
            "\"votes\":40",
            "\"votes\":1000000000",
            "at most 999999999 and 1000",
        ),
        (
            "\"votes\":40,\"seats\":1",
            "\"votes\":40,\"seats\":1001",
            "at most 999999999 and 1000",
        ),
        ("\"votes\":40", "\"votes\":-1", "not a file of this version"),
        (
            "{\"party\":\"B\",\"votes\":40,\"seats\":1}",
            "",
            "region 300: nobody has votes",
        ),
        (
            "{\"party\":\"A\",\"votes\":70,\"seats\":1},{\"votes\":5,\"seats\":0}",
            "{\"votes\":5,\"seats\":0},{\"party\":\"A\",\"votes\":70,\"seats\":1}",
            "each once, in order",
        ),
        (
            "{\"votes\":5",
            "{\"party\":\"A\",\"votes\":5",
            "each once, in order",
        ),
        (
            "\"date\"",
            "\"html\":\"<b>\",\"date\"",
            "unknown field `html`",
        ),
    ] {
        assert!(BASELINE.contains(old), "{old}");
        let told = baseline(&BASELINE.replacen(old, new, 1)).unwrap_err();
        assert!(told.contains(expected), "{old} -> {new}: {told}");
    }
}

#[test]
fn a_turnout_that_does_not_fit_is_refused() {
    const HOURS: &str = ",\"turnout\":{\"registered\":200,\"until\":[{\"hour\":-4,\"votes\":9},{\"hour\":12,\"votes\":60},{\"hour\":20,\"votes\":115}]}}]}";
    let sound = BASELINE.strip_suffix("}]}").unwrap().to_owned() + HOURS;
    let read = baseline(&sound).unwrap();
    assert_eq!(read.to_json(), sound.as_bytes());
    assert_eq!(read.ballots()[0].turnout.as_ref().unwrap().until.len(), 3);
    for (old, new, expected) in [
        ("\"hour\":12", "\"hour\":20", "hours ascend"),
        ("\"hour\":12", "\"hour\":-5", "hours ascend"),
        ("\"votes\":60", "\"votes\":116", "votes never become fewer"),
        (
            "\"hour\":20",
            "\"hour\":49",
            "hour 49 of turnout, expected -744 to 48",
        ),
        ("\"hour\":-4", "\"hour\":-745", "hour -745 of turnout"),
        ("\"hour\":-4", "\"hour\":1.5", "not a file of this version"),
        (
            "\"registered\":200",
            "\"registered\":114",
            "turnout of 115 votes of 114",
        ),
        (
            "\"registered\":200",
            "\"registered\":1000000000",
            "at most 999999999",
        ),
        (
            "\"registered\":200,",
            "\"registered\":200,\"x\":1,",
            "unknown field `x`",
        ),
    ] {
        assert!(sound.contains(old), "{old}");
        let told = baseline(&sound.replacen(old, new, 1)).unwrap_err();
        assert!(told.contains(expected), "{old} -> {new}: {told}");
    }
    let none = BASELINE.strip_suffix("}]}").unwrap().to_owned()
        + ",\"turnout\":{\"registered\":1,\"until\":[]}}]}";
    assert!(
        baseline(&none)
            .unwrap_err()
            .contains("turnout without an hour")
    );
}

/// Some corners in the square between 45 and 46 degrees of latitude, in ten-thousandths.
fn ring() -> impl Strategy<Value = Vec<(u16, u16)>> {
    proptest::collection::vec((0u16..10_000, 0u16..10_000), 3..60)
}

fn feature(region: u16, rings: &[Vec<(u16, u16)>]) -> String {
    let ring = |ring: &Vec<(u16, u16)>| {
        let closed = ring.iter().chain(ring.first());
        let positions = closed.map(|(x, y)| format!("[-70.{x:04},45.{y:04}]"));
        format!("[{}]", positions.collect::<Vec<_>>().join(","))
    };
    let rings: Vec<String> = rings.iter().map(ring).collect();
    format!(
        "{{\"type\":\"Feature\",\"properties\":{{\"region\":{region}}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[{}]}}}}",
        rings.join(",")
    )
}

proptest! {
    /// Whatever is drawn: it is refused, or becomes a file that is read back as it was written.
    #[test]
    fn any_drawing(
        one in proptest::collection::vec(ring(), 1..4),
        other in proptest::collection::vec(ring(), 1..4),
    ) {
        let text = format!(
            "{{\"type\":\"FeatureCollection\",\"features\":[{},{}]}}",
            feature(1, &one),
            feature(300, &other)
        );
        let event = two_regions();
        if let Ok(drawing) = builder::geometry(text.as_bytes(), &event) {
            prop_assert!(drawing.geometry.corners() <= drawing.corners_read);
            let json = drawing.geometry.to_json();
            prop_assert_eq!(Geometry::from_json(&json, &event), Ok(drawing.geometry));
        }
    }

    #[test]
    fn any_earlier_votes(rows in proptest::collection::btree_map(
        (prop_oneof![Just(1u16), Just(300)], prop_oneof![Just("A"), Just("B"), Just("")]),
        (0u64..=999_999_999, 0u32..=1_000),
        1..7,
    )) {
        let event = two_regions();
        let mut text = String::from("ballot,region,party,votes,seats\n");
        for ((region, party), (votes, seats)) in &rows {
            text += &format!("E-1,{region},{party},{votes},{seats}\n");
        }
        let title = Text { fr: "Avant".to_owned(), en: "Before".to_owned() };
        let date = "2021-10-04".parse().unwrap();
        if let Ok(baseline) = builder::baseline(text.as_bytes(), &event, title, date) {
            let votes: u64 = rows.values().map(|(votes, _)| votes).sum();
            let earlier = baseline.ballot("E-1").unwrap();
            let parties = [Some("A"), Some("B"), None];
            let total: u64 = parties.iter().map(|party| earlier.total(*party).0).sum();
            prop_assert_eq!(total, votes);
            let json = baseline.to_json();
            prop_assert_eq!(Baseline::from_json(&json, &event), Ok(baseline));
        } else {
            prop_assert!(rows.keys().all(|(region, _)| *region == 1) || rows.keys().all(|(region, _)| *region == 300));
        }
    }

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let event = two_regions();
        prop_assert!(Geometry::from_json(&bytes, &event).is_err());
        prop_assert!(Baseline::from_json(&bytes, &event).is_err());
        prop_assert!(builder::geometry(&bytes, &event).is_err());
    }

    /// One byte of a sound file changed: refused, or another sound file, and then in canonical form.
    #[test]
    fn any_changed_byte(at in 0usize..10_000, to in any::<u8>()) {
        let event = two_regions();
        let mut bytes = GEOMETRY.as_bytes().to_vec();
        let place = at % bytes.len();
        bytes[place] = to;
        if let Ok(geometry) = Geometry::from_json(&bytes, &event) {
            prop_assert_eq!(geometry.to_json(), bytes);
        }
        let mut bytes = BASELINE.as_bytes().to_vec();
        let place = at % bytes.len();
        bytes[place] = to;
        if let Ok(baseline) = Baseline::from_json(&bytes, &event) {
            prop_assert_eq!(baseline.to_json(), bytes);
        }
    }
}
