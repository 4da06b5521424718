//! The event of the evening: the example province on another day, with larger releases and with titles that say
//! on every page, however narrow, that the figures are invented.

/// The event of a province's size that `make demo-province` plays.
const PROVINCE: &str = include_str!("../../../../fixtures/election-125.toml");

/// What is other than in the province: each text stands there, and is replaced wherever it stands.
const OTHER: [(&str, &str); 13] = [
    ("id = \"QC-125\"", "id = \"NIGHT-125\""),
    (
        "title_fr = \"Événement de 125 circonscriptions (exemple)\"",
        "title_fr = \"Répétition d'une soirée\u{a0}: tous les chiffres sont inventés\"",
    ),
    (
        "title_en = \"Event of 125 ridings (example)\"",
        "title_en = \"Rehearsal of an evening: every figure is invented\"",
    ),
    (
        "title_fr = \"Loi sur le transport interurbain\"",
        "title_fr = \"Loi sur le transport interurbain (chiffres inventés)\"",
    ),
    (
        "title_en = \"Intercity Transit Act\"",
        "title_en = \"Intercity Transit Act (invented figures)\"",
    ),
    (
        "name_fr = \"Élection générale\"",
        "name_fr = \"Élection générale (chiffres inventés)\"",
    ),
    (
        "name_en = \"General election\"",
        "name_en = \"General election (invented figures)\"",
    ),
    (
        "name_fr = \"Élection préférentielle\"",
        "name_fr = \"Élection préférentielle (chiffres inventés)\"",
    ),
    (
        "name_en = \"Ranked election\"",
        "name_en = \"Ranked election (invented figures)\"",
    ),
    ("opens = 2025-01-01T00:00:00", "opens = 2025-10-06T09:00:00"),
    (
        "closes = 2035-01-01T00:00:00",
        "closes = 2025-10-06T20:00:00",
    ),
    (
        "results = \"live\"\n\n[[party]]",
        "results = \"live\"\nallow_blank = true\nrelease_min = 40000\n\n[law.threshold]\nvotes = \"more than 1/2\"\n\n[law.threshold.regions]\nvotes = \"more than 1/2\"\nshare = \"at least 1/2\"\n\n[[party]]",
    ),
    (
        "results = \"live\"\n\n[[election.candidate]]",
        "results = \"live\"\nrelease_min = 4000\n\n[[election.candidate]]",
    ),
];

/// The definition of the event, as officials write one.
///
/// # Panics
/// The province's definition is not any more the one that this was written for.
#[must_use]
pub fn definition() -> String {
    let mut text = PROVINCE.to_owned();
    for (province, evening) in OTHER {
        assert!(text.contains(province), "the province has no {province:?}");
        text = text.replace(province, evening);
    }
    text
}
