//! The files that a definition names: what is read of them, and what is refused with which words.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use election::Event;

const EXAMPLE: &str = include_str!("../../../fixtures/election.toml");
const GEOMETRY: &str = "geometry = \"regions.geojson\"";
const FILE: &str = "file = \"baseline.csv\"";
const LOGO: &str = "logo = \"logo.svg\"";
const DATE: &str = "date = 2021-10-04";

/// The faults of the example with one piece of text replaced, without their lines.
fn faults(old: &str, new: &str) -> Vec<String> {
    assert!(EXAMPLE.contains(old), "{old}");
    let text = EXAMPLE.replacen(old, new, 1);
    let faults = Event::from_toml(&text).err().unwrap_or_default();
    let without_line = faults.into_iter().map(|mut fault| {
        assert!(fault.line.is_some(), "{fault}");
        fault.line = None;
        fault.to_string()
    });
    without_line.collect()
}

#[test]
fn the_example_names_all_three() {
    let (event, files) = Event::with_named_files(EXAMPLE).unwrap();
    let geometry = files.geometry.unwrap();
    assert_eq!(geometry.name, "regions.geojson");
    let line = EXAMPLE.lines().position(|line| line == GEOMETRY);
    assert_eq!(geometry.line, line.map(|line| line + 1));
    let baseline = files.baseline.unwrap();
    assert_eq!(baseline.file.name, "baseline.csv");
    assert_eq!(baseline.title.en, "2021 elections (example)");
    assert_eq!(baseline.date.to_string(), "2021-10-04");
    assert_eq!(baseline.turnout, None);
    assert_eq!(files.logo.unwrap().name, "logo.svg");
    let text = EXAMPLE.replacen(FILE, &format!("{FILE}\nturnout = \"hours.csv\""), 1);
    let (_, files) = Event::with_named_files(&text).unwrap();
    let turnout = files
        .baseline
        .and_then(|baseline| baseline.turnout)
        .unwrap();
    assert_eq!(turnout.name, "hours.csv");
    // They are no part of the event.
    let json = String::from_utf8(event.to_canonical_json()).unwrap();
    assert!(
        ["geojson", "baseline", "logo"]
            .iter()
            .all(|word| !json.contains(word))
    );
}

#[test]
fn a_definition_need_not_name_any() {
    let start = EXAMPLE.find("[baseline]").unwrap();
    let end = EXAMPLE.find(DATE).unwrap() + DATE.len();
    let text = format!("{}{}", &EXAMPLE[..start], &EXAMPLE[end..]);
    let text = text.replacen(GEOMETRY, "", 1).replacen(LOGO, "", 1);
    let (event, files) = Event::with_named_files(&text).unwrap();
    assert_eq!(files, election::NamedFiles::default());
    assert_eq!(event, Event::from_toml(EXAMPLE).unwrap());
}

#[test]
fn a_name_leads_nowhere_else() {
    let words = |extension: &str| {
        format!(
            "expected the name of a file beside this one, such as \"regions.{extension}\": at most 100 letters, digits, dots, underscores or hyphens, the first not a dot, ending in .{extension}"
        )
    };
    let long = format!("{}.geojson", "x".repeat(100));
    for name in [
        "../roll.geojson",
        "/etc/passwd",
        ".geojson",
        "map.svg",
        "a b.geojson",
        "",
        &long,
    ] {
        let written = format!("geometry = \"{name}\"");
        let expected = format!("event.geometry: {}", words("geojson"));
        assert_eq!(faults(GEOMETRY, &written), [expected], "{name}");
    }
    let expected = format!("baseline.file: {}", words("csv"));
    assert_eq!(faults(FILE, "file = \"baseline.xlsx\""), [expected]);
    for name in ["../logo.svg", "logo.png", "logo.svg/x"] {
        let expected = format!("authority.logo: {}", words("svg"));
        assert_eq!(faults(LOGO, &format!("logo = \"{name}\"")), [expected]);
    }
    let expected = format!("baseline.turnout: {}", words("csv"));
    let written = format!("{FILE}\nturnout = \"../hours.csv\"");
    assert_eq!(faults(FILE, &written), [expected]);
}

#[test]
fn each_fault_is_told_once() {
    for (old, new, expected) in [
        (
            GEOMETRY,
            "geometry = 7",
            "event.geometry: expected a text in quotes, got integer",
        ),
        (
            FILE,
            "",
            "baseline.file: is missing: write file = \"baseline.csv\"",
        ),
        (
            DATE,
            "",
            "baseline.date: is missing: write date = 2022-10-03",
        ),
        (
            DATE,
            "date = 2021-10-04T20:00:00",
            "baseline.date: expected a day such as 2022-10-03",
        ),
        (
            DATE,
            "date = \"autumn\"",
            "baseline.date: expected a day such as 2022-10-03",
        ),
        (
            DATE,
            "date = 2021-10-04\nregion = 1",
            "baseline.region: unknown key; known here: file, title_fr, title_en, turnout, date",
        ),
        (
            "title_fr = \"Élections de 2021 (exemple)\"",
            "title_fr = \" \"",
            "baseline.title_fr: is empty: write what voters should read",
        ),
        (
            "title_en = \"2021 elections (example)\"",
            "title_en = \"2021\u{202e} elections\"",
            "baseline.title_en: holds U+202E, which nobody sees and which can change how the text reads: remove it",
        ),
    ] {
        let told = faults(old, new);
        let missing = expected.contains("is missing");
        assert_eq!(told.first().map(String::as_str), Some(expected));
        // The name of a missing file is no second fault.
        assert!(told.len() == 1 || missing, "{told:?}");
    }
}
