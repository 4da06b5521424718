//! Writes `fixtures/election-125.toml`: an event of a real province's size, 125 regions.
//!
//! `cargo run -p election --example province > fixtures/election-125.toml`; a test holds the two
//! together. Names are synthetic.

use std::fmt::Write as _;

/// Regions of the event: the electoral divisions of Québec are 125.
const REGIONS: u32 = 125;
/// Candidates of each region and election.
const CANDIDATES: u32 = 5;
const PARTIES: [(&str, &str); 4] = [
    ("PA", "#1b5e9e"),
    ("PB", "#c62828"),
    ("PC", "#2e7d32"),
    ("PD", "#ef6c00"),
];

fn main() {
    print!("{}", province());
}

fn province() -> String {
    let mut text = String::from(HEAD);
    for (code, colour) in PARTIES {
        let letter = &code[1..];
        push(
            &mut text,
            "party",
            &[
                format!("code = \"{code}\""),
                format!("name_fr = \"Parti {letter}\""),
                format!("name_en = \"Party {letter}\""),
                format!("colour = \"{colour}\""),
            ],
        );
    }
    for region in 1..=REGIONS {
        push(
            &mut text,
            "region",
            &[
                format!("number = {region}"),
                format!("code = \"R{region:03}\""),
                format!("name_fr = \"Circonscription {region:03}\""),
                format!("name_en = \"Riding {region:03}\""),
            ],
        );
    }
    text.push_str(SINGLE);
    candidates(&mut text);
    text.push_str(RANKED);
    candidates(&mut text);
    text
}

fn candidates(text: &mut String) {
    for number in 1..=REGIONS * CANDIDATES {
        let (region, place) = ((number - 1) / CANDIDATES + 1, (number - 1) % CANDIDATES);
        let mut lines = vec![format!("number = {number}"), format!("region = {region}")];
        if let Some((party, _)) = PARTIES.get(place as usize) {
            lines.push(format!("party = \"{party}\""));
        }
        lines.push("first_name = \"A.\"".to_owned());
        lines.push(format!("last_name = \"Candidat-{number:03}\""));
        push(text, "election.candidate", &lines);
    }
}

fn push(text: &mut String, table: &str, lines: &[String]) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "[[{table}]]\n{}\n", lines.join("\n"));
}

const HEAD: &str = r#"# An event of a real province's size. Written by crates/election/examples/province.rs.

[event]
id = "QC-125"
title_fr = "Événement de 125 circonscriptions (exemple)"
title_en = "Event of 125 ridings (example)"
time_zone = "America/Toronto"
# Nobody has its secret half: what is sealed to it can never be counted.
count_key = "e3f53cb0c8535043d198d0275fe9fffcf736fc1c539191334ab910cf9899be33"
mask_key = "e96d77aafa41a438c89bcf04a556cbaa73c831f1cfdf7d4cfe2a478a4e1cde26"
geometry = "regions-125.geojson"

[baseline]
file = "baseline-125.csv"
turnout = "turnout-125.csv"
title_fr = "Élections de 2021 (exemple)"
title_en = "2021 elections (example)"
date = 2021-10-04

[[law]]
id = "L2025-001"
title_fr = "Loi sur le transport interurbain"
title_en = "Intercity Transit Act"
question_fr = "Approuvez-vous la Loi sur le transport interurbain ?"
question_en = "Do you approve the Intercity Transit Act?"
opens = 2025-01-01T00:00:00
closes = 2035-01-01T00:00:00
results = "live"

"#;

const SINGLE: &str = r#"[[election]]
number = 1
code = "E2025-QC"
name_fr = "Élection générale"
name_en = "General election"
method = "single_choice"
opens = 2025-01-01T00:00:00
closes = 2035-01-01T00:00:00
results = "live"

"#;

const RANKED: &str = r#"[[election]]
number = 2
code = "E2025-RG"
name_fr = "Élection préférentielle"
name_en = "Ranked election"
method = "ranked_choice"
max_ranks = 5
opens = 2025-01-01T00:00:00
closes = 2035-01-01T00:00:00
results = "live"

"#;

#[cfg(test)]
mod tests {
    #[test]
    fn the_committed_fixture_is_what_this_writes() {
        let fixture = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../fixtures/election-125.toml"
        );
        let committed = std::fs::read_to_string(fixture).unwrap();
        assert_eq!(committed, super::province());
        let event = election::Event::from_toml(&committed).unwrap();
        assert_eq!(event.regions.len(), 125);
    }
}
