//! What is wrong with a GeoJSON file is told at once, with its place and what to write instead.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod event;

use companions::builder;

use event::two_regions;

const SQUARE: &str = "[[[-70,45],[-69,45],[-69,46],[-70,46],[-70,45]]]";
const OTHER: &str = "[[[-69,45],[-68,45],[-68,46],[-69,46],[-69,45]]]";

fn feature(properties: &str, geometry: &str) -> String {
    format!("{{\"type\":\"Feature\",\"properties\":{{{properties}}},\"geometry\":{geometry}}}")
}

fn polygon(rings: &str) -> String {
    format!("{{\"type\":\"Polygon\",\"coordinates\":{rings}}}")
}

fn collection(features: &[String]) -> String {
    let features = features.join(",");
    format!("{{\"type\":\"FeatureCollection\",\"features\":[{features}]}}")
}

/// A sound file of the regions 1 and 300, side by side.
fn sound() -> String {
    collection(&[
        feature("\"region\":1,\"hex\":[0,0]", &polygon(SQUARE)),
        feature("\"region\":300,\"hex\":[1,0]", &polygon(OTHER)),
    ])
}

fn faults(text: &str) -> Vec<String> {
    let read = builder::geometry(text.as_bytes(), &two_regions());
    let faults = read.err().unwrap_or_default();
    faults.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn check(old: &str, new: &str, expected: &[&str]) {
    let sound = sound();
    assert!(sound.contains(old), "{old}");
    assert_eq!(faults(&sound.replacen(old, new, 1)), expected);
}

#[test]
fn a_sound_file_is_drawn_on_the_grid() {
    let drawing = builder::geometry(sound().as_bytes(), &two_regions()).unwrap();
    assert_eq!(drawing.corners_read, 8);
    let geometry = drawing.geometry;
    assert_eq!(geometry.corners(), 8);
    let [width, height] = geometry.map_size().unwrap();
    assert_eq!(width, 10_000);
    // A degree of longitude is 0.71 of one of latitude there.
    assert!((7_000..7_200).contains(&height), "{height}");
    let [one, other] = geometry.regions() else {
        panic!("two regions")
    };
    assert_eq!((one.region, other.region), (1, 300));
    let corners = &one.polygons[0].0[0];
    assert!(corners.iter().all(|[x, _]| *x <= 5_001));
}

/// Neither where a ring begins, nor its direction, nor the order of the features is passed on.
#[test]
fn the_same_map_has_the_same_bytes() {
    let event = two_regions();
    let turned = "[[[-69,46],[-69,45],[-70,45],[-70,46],[-69,46]]]";
    let other = collection(&[
        feature(
            "\"region\":300,\"hex\":[1,0],\"name\":\"x\"",
            &polygon(OTHER),
        ),
        feature("\"hex\":[0,0],\"region\":1", &polygon(turned)),
    ]);
    let bytes = |text: &str| {
        let drawing = builder::geometry(text.as_bytes(), &event).unwrap();
        drawing.geometry.to_json()
    };
    assert_eq!(bytes(&sound()), bytes(&other));
}

/// Whatever texts stand in the file, none of them is passed on.
#[test]
fn nothing_but_numbers_is_passed_on() {
    let text = sound().replacen(
        "\"region\":1,",
        "\"region\":1,\"name\":\"<svg onload=alert(1)>\",",
        1,
    );
    let drawing = builder::geometry(text.as_bytes(), &two_regions()).unwrap();
    let json = String::from_utf8(drawing.geometry.to_json()).unwrap();
    assert!(!json.contains("svg"), "{json}");
    let told = faults(&text.replacen("\"Polygon\"", "\"<script>\\u001b\"", 1));
    assert_eq!(
        told,
        [
            "features[0].geometry.coordinates: expected a Polygon or MultiPolygon, got `<script>\\u{1b}`"
        ]
    );
}

#[test]
fn features_name_regions_of_the_event() {
    check(
        "\"region\":300",
        "\"region\":301",
        &[
            "features[1].properties.region: `301` is the number of no [[region]]: write one of the event's, without quotes",
        ],
    );
    check(
        "\"region\":300",
        "\"region\":\"300\"",
        &[
            "features[1].properties.region: `\"300\"` is the number of no [[region]]: write one of the event's, without quotes",
        ],
    );
    check(
        "\"region\":300",
        "\"region\":1e999",
        &[
            "line 1: is not JSON: number out of range at line 1 column 236: export the file again as GeoJSON",
        ],
    );
    check(
        "\"region\":300,",
        "",
        &["features[1].properties.region: is missing: write the number of a region"],
    );
    check(
        "\"region\":300",
        "\"region\":1",
        &[
            "features[1].properties.region: region 1 has features[0] already: give each region one feature, a MultiPolygon where it has several parts",
        ],
    );
}

#[test]
fn every_region_is_drawn_and_all_alike() {
    let one = || feature("\"region\":1,\"hex\":[0,0]", &polygon(SQUARE));
    assert_eq!(
        faults(&collection(&[one()])),
        ["features: region 300 without a feature: draw every region of the event"]
    );
    let without = feature("\"region\":300", "null");
    assert_eq!(
        faults(&collection(&[one(), without])),
        [
            "features: region 300 without polygons, which other regions have: draw all of them or none",
            "features: region 300 without a property `hex`, which other regions have: give it to all of them or to none",
        ]
    );
    let nothing = |region: u16| feature(&format!("\"region\":{region}"), "null");
    assert_eq!(
        faults(&collection(&[nothing(1), nothing(300)])),
        [
            "features: neither polygons nor hexagons: draw the regions, or give each a property `hex`: [column, row]"
        ]
    );
    assert_eq!(
        faults(&collection(&[one(), nothing(300), nothing(300)])),
        [
            "3 features, and the event has 2 regions: give each region one feature, a MultiPolygon where it has several parts"
        ]
    );
}

#[test]
fn hexagons_are_small_and_apart() {
    for wrong in ["[256,0]", "[-1,0]", "[0.5,0]", "[0]", "[0,0,0]", "\"0,0\""] {
        let told = faults(&sound().replacen("[1,0]", wrong, 1));
        let got = format!("got `{wrong}`");
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].starts_with(
                "features[1].properties.hex: expected [column, row], each from 0 to 255, got"
            ),
            "{told:?}"
        );
        assert!(told[0].ends_with(&got), "{told:?}");
    }
    check(
        "[1,0]",
        "[0,0]",
        &["features[1].properties.hex: [0, 0] is the hexagon of region 1 already"],
    );
}

#[test]
fn positions_are_degrees() {
    let at = "features[0].geometry.coordinates[0][1]";
    check(
        "[-69,45]",
        "[410233.5,5012345]",
        &[&format!(
            "{at}: `[410233.5,5012345]` is no place on the earth: write degrees in WGS 84 (EPSG:4326), the longitude first"
        )],
    );
    check(
        "[-69,45]",
        "[1e300,45]",
        &[&format!(
            "{at}: `[1e+300,45]` is no place on the earth: write degrees in WGS 84 (EPSG:4326), the longitude first"
        )],
    );
    check(
        "[-69,45]",
        "[-69]",
        &[&format!(
            "{at}: expected a position, [longitude, latitude], got `[-69]`"
        )],
    );
    check(
        "[-69,45]",
        "[-69,\"45\"]",
        &[&format!(
            "{at}: expected a position, [longitude, latitude], got `[-69,\"45\"]`"
        )],
    );
    check(
        "\"features\"",
        "\"crs\":{\"type\":\"name\",\"properties\":{\"name\":\"urn:ogc:def:crs:EPSG::32198\"}},\"features\"",
        &[
            "crs: positions are in another reference system `urn:ogc:def:crs:EPSG::32198`: export them in WGS 84 (EPSG:4326)",
        ],
    );
    let degrees = sound().replacen(
        "\"features\"",
        "\"crs\":{\"type\":\"name\",\"properties\":{\"name\":\"urn:ogc:def:crs:OGC:1.3:CRS84\"}},\"features\"",
        1,
    );
    assert_eq!(faults(&degrees), [""; 0]);
    let nan = sound().replacen("[-69,45]", "[NaN,45]", 1);
    let told = faults(&nan);
    assert!(told[0].starts_with("line 1: is not JSON: "), "{told:?}");
}

#[test]
fn rings_are_closed_and_have_an_inside() {
    let at = "features[0].geometry.coordinates";
    check(
        SQUARE,
        "[[[-70,45],[-69,45],[-69,46],[-70,46]]]",
        &[&format!(
            "{at}[0]: a ring of 4 positions, expected 4 at least, of which the last repeats the first"
        )],
    );
    check(
        SQUARE,
        "[[[-70,45],[-69,45],[-70,45]]]",
        &[&format!(
            "{at}[0]: a ring of 3 positions, expected 4 at least, of which the last repeats the first"
        )],
    );
    check(
        SQUARE,
        "[]",
        &[&format!(
            "{at}: a polygon without a ring: draw it, or remove it"
        )],
    );
    check(
        SQUARE,
        "[7]",
        &[&format!("{at}[0]: expected a ring, a list of positions")],
    );
    check(
        SQUARE,
        "[[[-70,45],[-69,45],[-69.5,45],[-70,45]]]",
        &[
            "features: region 1: too small to be drawn beside the others: leave polygons out, and give each region a hexagon",
        ],
    );
    check(
        "\"Polygon\"",
        "\"Point\"",
        &[&format!(
            "{at}: expected a Polygon or MultiPolygon, got `Point`"
        )],
    );
    check(
        "\"coordinates\":",
        "\"coordinate\":",
        &[&format!(
            "{at}: expected the coordinates of a Polygon or MultiPolygon: write null as geometry where the region has a hexagon alone"
        )],
    );
}

#[test]
fn a_file_of_another_kind_is_refused_whole() {
    let deep = format!("{}{}", "[".repeat(33), "]".repeat(33));
    for (text, expected) in [
        (
            "",
            "line 1: is not JSON: EOF while parsing a value at line 1 column 0: export the file again as GeoJSON",
        ),
        (
            "<svg/>",
            "line 1: is not JSON: expected value at line 1 column 1: export the file again as GeoJSON",
        ),
        (
            "{\"type\":\"Feature\"}",
            "is no GeoJSON FeatureCollection: export the regions as one, a feature each",
        ),
        (
            "[]",
            "is no GeoJSON FeatureCollection: export the regions as one, a feature each",
        ),
        (
            &deep,
            "arrays and objects are nested 33 deep, at most 32 are read: remove what is no geometry",
        ),
    ] {
        assert_eq!(faults(text), [expected]);
    }
    let event = two_regions();
    let told = |bytes: &[u8]| builder::geometry(bytes, &event).unwrap_err()[0].to_string();
    assert_eq!(
        told(b"{\n\"\xff\""),
        "line 2: is not UTF-8: save the file as UTF-8"
    );
    assert_eq!(
        told(&vec![b' '; (8 << 20) + 1]),
        "8388609 bytes, at most 8388608 are read: simplify it first"
    );
}

#[test]
fn positions_and_rings_are_bounded() {
    let ring = format!("[{}[-70,45]]", "[-70,45],".repeat(500_000));
    let told = faults(&sound().replacen(SQUARE, &format!("[{ring}]"), 1));
    assert_eq!(
        told,
        ["500006 positions, at most 500000 are read: simplify the file first"]
    );
    let rings = vec!["[]"; 20_001].join(",");
    let told = faults(&sound().replacen(SQUARE, &format!("[{rings}]"), 1));
    assert_eq!(
        told,
        ["20002 rings, at most 20000 are read: simplify the file first"]
    );
}

/// A hundred faults are told, and how many more there are.
#[test]
fn faults_are_bounded() {
    let rings = vec!["7"; 150].join(",");
    let told = faults(&sound().replacen(SQUARE, &format!("[{rings}]"), 1));
    assert_eq!(told.len(), 101);
    assert_eq!(told[100], "50 more faults: correct these first");
}

/// Two regions whose border has thousands of corners keep the same ones, and not all of them.
#[test]
fn a_border_is_simplified_alike_on_both_sides() {
    let border: Vec<String> = (0..6_000)
        .map(|step| {
            let latitude = 45.0 + f64::from(step) / 6_000.0;
            let longitude = -69.0 + 0.01 * f64::from(step * 7_919 % 101) / 101.0;
            format!("[{longitude},{latitude}]")
        })
        .collect();
    let up = border.join(",");
    let down: Vec<String> = border.iter().rev().cloned().collect();
    let down = down.join(",");
    let west = format!("[[[-70,45],{up},[-70,46],[-70,45]]]");
    let east = format!("[[[-68,46],{down},[-68,45],[-68,46]]]");
    let text = collection(&[
        feature("\"region\":1", &polygon(&west)),
        feature("\"region\":300", &polygon(&east)),
    ]);
    let drawing = builder::geometry(text.as_bytes(), &two_regions()).unwrap();
    assert_eq!(drawing.corners_read, 12_004);
    let corners = drawing.geometry.corners();
    assert!((100..=8_000).contains(&corners), "{corners}");
    let rings: Vec<&Vec<companions::Point>> = drawing
        .geometry
        .regions()
        .iter()
        .map(|region| &region.polygons[0].0[0])
        .collect();
    let shared = rings[0].iter().filter(|point| rings[1].contains(point));
    assert_eq!(shared.count() * 2, corners - 4);
}
