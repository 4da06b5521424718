//! Files that a definition names: told with every fault, packed small, verified, compared.

mod support;

use std::fs;

use support::{Desk, Sets, definition_path, ok, refused, tree};

/// A desk with digests, the example's definition and the files beside it.
fn desk() -> Desk {
    let desk = Desk::with_digests(&Sets::default());
    let text = desk.with_files_of_example();
    fs::write(desk.path("election.toml"), text).expect("written");
    desk
}

fn edit(desk: &Desk, name: &str, old: &str, new: &str) {
    let text = fs::read_to_string(desk.path(name)).expect("a file of the desk");
    assert!(text.contains(old), "{old} is not in {name}");
    fs::write(desk.path(name), text.replacen(old, new, 1)).expect("written");
}

const CHECK: [&str; 3] = ["check", "--election", "election.toml"];
const PACK: [&str; 5] = [
    "pack",
    "--digests",
    "digests",
    "--election",
    "election.toml",
];

#[test]
fn check_shows_how_they_were_understood() {
    let text = ok(&desk().run(&CHECK));
    for expected in [
        "map of 6 regions, 10000 by ",
        " of 704 corners kept",
        "cartogram of 3 columns and 3 rows",
        "       6   4   1\n",
        "compared with 2021-10-04: Élections de 2021 (exemple) / 2021 elections (example)",
        "  ballot E2025-QC, 6 regions: PA ",
        "; others ",
        "\nlogo of 339 bytes, shown 40 by 40\n",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in: {text}");
    }
}

/// Each file is named with its faults, all at once, and nothing is packed.
#[test]
fn faults_of_all_files_are_told_at_once() {
    let desk = desk();
    edit(
        &desk,
        "regions.geojson",
        "\"region\": 3,",
        "\"region\": 33,",
    );
    edit(
        &desk,
        "regions.geojson",
        "\"hex\": [1, 2]",
        "\"hex\": [1, 1000]",
    );
    edit(&desk, "baseline.csv", "E2025-QC,2,PA,", "E2025-QC,2,PX,");
    edit(&desk, "logo.svg", "<path ", "<path onload=\"x\" ");
    let words = [
        "regions.geojson has 2 faults, baseline.csv has a fault, logo.svg has a fault\n",
        "\nlogo.svg:7: attribute `onload` of `path` is none of d, fill, ",
        "\nregions.geojson: features[2].properties.region: `33` is the number of no [[region]]",
        "\nregions.geojson: features[4].properties.hex: expected [column, row]",
        "\nbaseline.csv:7: party: no [[party]] has code `PX`",
    ];
    refused(&desk.run(&CHECK), 1, &words);
    let out = [&PACK[..], &["--out", "package"]].concat();
    refused(&desk.run(&out), 1, &words);
    assert!(!desk.path("package").exists());
}

#[test]
fn a_file_that_is_not_there_is_the_definition_s_fault() {
    let desk = desk();
    for name in ["regions.geojson", "baseline.csv", "logo.svg"] {
        fs::remove_file(desk.path(name)).expect("it was there");
    }
    let example = fs::read_to_string(definition_path()).expect("the example");
    let at = |text: &str| {
        let line = example.lines().position(|line| line.starts_with(text));
        format!("\nelection.toml:{}:", line.expect("it is there") + 1)
    };
    let words = [
        "election.toml has 3 faults\n",
        &format!(
            "{} event.geometry: cannot read regions.geojson: ",
            at("geometry = \"regions.geojson\"")
        ),
        &format!(
            "{} baseline.file: cannot read baseline.csv: ",
            at("file = \"baseline.csv\"")
        ),
        &format!(
            "{} authority.logo: cannot read logo.svg: ",
            at("logo = \"logo.svg\"")
        ),
        "put the file beside the definition, or take this line out",
    ];
    refused(&desk.run(&CHECK), 1, &words);
}

#[test]
fn they_are_packed_verified_and_compared() {
    let desk = desk();
    let pack = |out: &str| ok(&desk.run(&[&PACK[..], &["--out", out]].concat()));
    pack("package");
    pack("again");
    assert!(tree(&desk.path("package")) == tree(&desk.path("again")));
    desk.keygen("officer");
    ok(&desk.run(&["sign", "package", "--key", "officer.key", "--no-password"]));
    let verify = ["verify", "package", "--trust", "officer.pub"];
    let text = ok(&desk.run(&verify));
    for expected in [
        "\ngeometry     every region of the event",
        "\nbaseline     parties and regions of the event",
        "\nlogo         shapes and colours alone",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in: {text}");
    }
    for name in ["geometry.json", "baseline.json", "logo.svg"] {
        let path = desk.path("package").join(name);
        let sound = fs::read(&path).expect("a file of the package");
        let mut bytes = sound.clone();
        bytes[40] ^= 1;
        fs::write(&path, bytes).expect("written");
        refused(
            &desk.run(&verify),
            1,
            &[name, "altered, copy the package again"],
        );
        fs::write(&path, sound).expect("written");
    }
    edit(&desk, "baseline.csv", "E2025-QC,2,PA,", "E2025-QC,2,PA,1");
    ok(&desk.run(&[&PACK[..], &["--out", "again", "--force"]].concat()));
    let text = ok(&desk.run(&["diff", "package", "again"]));
    for expected in [
        "definition  the same",
        "geometry    the same",
        "baseline    changed",
        "logo        the same",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in: {text}");
    }
}
