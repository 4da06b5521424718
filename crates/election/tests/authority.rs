//! What an event may get wrong about the authority that voters call.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use election::{Event, Fault};

const EXAMPLE: &str = include_str!("../../../fixtures/election.toml");

fn faults(from: &str, to: &str) -> Vec<Fault> {
    assert!(EXAMPLE.contains(from), "{from}");
    Event::from_toml(&EXAMPLE.replacen(from, to, 1)).expect_err(to)
}

#[test]
fn each_fault_of_the_authority_is_told() {
    let event = Event::from_toml(EXAMPLE).unwrap_or_else(|faults| panic!("{faults:?}"));
    let authority = event.authority.as_ref().expect("the example names one");
    assert_eq!(authority.site, "https://vote.example");
    let again = Event::from_json(&event.to_canonical_json()).expect("it reads back");
    assert_eq!(again, event);

    let site = "site = \"https://vote.example\"";
    for (from, to, path) in [
        ("1-800-555-0100", "call us", "authority.telephone"),
        ("1-800-555-0100", "12", "authority.telephone"),
        (site, "site = \"http://vote.example\"", "authority.site"),
        (
            site,
            "site = \"https://vote.example/path\"",
            "authority.site",
        ),
        (site, "site = \"https://Vote.example\"", "authority.site"),
        (site, "site = \"https://vote.example:0\"", "authority.site"),
        (site, "site = \"https://vоte.example\"", "authority.site"), // a Cyrillic letter
        (site, "site = \"https://me@vote.example\"", "authority.site"),
        (
            "https://authority.example/privacy",
            "javascript:alert(1)",
            "authority.privacy_en",
        ),
        (
            "https://authority.example/privacy",
            "https://a.example/\\\"x",
            "authority.privacy_en",
        ),
        ("privacy_en = ", "privacy_xx = ", "authority.privacy_en"),
        (
            "name_en = \"Elections",
            "name_en = \"\\u202eElections",
            "authority.name_en",
        ),
        ("telephone = ", "phone = ", "authority.telephone"),
    ] {
        let told = faults(from, to);
        assert!(
            told.iter().any(|fault| fault.path == path),
            "{to}: {told:?}"
        );
    }
}

#[test]
fn an_event_without_an_authority_is_read_as_before() {
    let (before, rest) = EXAMPLE.split_once("[authority]").unwrap();
    let (_, after) = rest.split_once("\n# ---").unwrap();
    let event = Event::from_toml(&format!("{before}\n# ---{after}")).unwrap();
    assert_eq!(event.authority, None);
    let json = String::from_utf8(event.to_canonical_json()).unwrap();
    assert!(
        !json.contains("authority"),
        "packages of before keep their bytes"
    );
}
