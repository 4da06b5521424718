//! What a definition may get wrong: each fault by line, path and remedy, and all of them at once.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use election::{Event, Fault};
use proptest::prelude::*;

const GOOD: &str = r##"[event]
id = "T-1"
title_fr = "Essai"
title_en = "Trial"
time_zone = "America/Toronto"
count_key = "e3f53cb0c8535043d198d0275fe9fffcf736fc1c539191334ab910cf9899be33"
mask_key = "e96d77aafa41a438c89bcf04a556cbaa73c831f1cfdf7d4cfe2a478a4e1cde26"

[[law]]
id = "L-1"
title_fr = "Loi"
title_en = "Act"
question_fr = "Oui ?"
question_en = "Yes?"
opens = 2026-10-05T09:00:00
closes = "2026-10-05T20:00:00"

[[party]]
code = "PA"
name_fr = "Parti A"
name_en = "Party A"
colour = "#112233"

[[region]]
number = 1
code = "R1"
name_fr = "Nord"
name_en = "North"

[[election]]
number = 1
code = "E-1"
name_fr = "Élection"
name_en = "Election"
method = "ranked_choice"
max_ranks = 3
opens = 2026-10-05T09:00:00-04:00
closes = 2026-10-05T20:00:00

[[election.candidate]]
number = 1
region = 1
party = "PA"
first_name = "A."
last_name = "Candidat-01"
"##;

fn faults(text: &str) -> Vec<Fault> {
    Event::from_toml(text).err().unwrap_or_default()
}

/// Replaces `from` by `to` in the good definition and expects one fault, on its line.
fn check(from: &str, to: &str, path: &str, says: &str) {
    assert_eq!(
        GOOD.matches(from).count(),
        1,
        "{from} stands once in the good definition"
    );
    let text = GOOD.replace(from, to);
    let found = faults(&text);
    let shown: Vec<String> = found.iter().map(Fault::to_string).collect();
    assert_eq!(found.len(), 1, "{to}: {shown:#?}");
    assert_eq!(found[0].path, path, "{shown:?}");
    assert!(found[0].message.contains(says), "{shown:?}");
    let line = GOOD
        .lines()
        .take_while(|line| !line.contains(from.lines().next().unwrap()))
        .count();
    let table_of_missing = to.is_empty();
    if !table_of_missing {
        assert_eq!(found[0].line, Some(line + 1), "{shown:?}");
    }
}

#[test]
fn the_good_definition_is_good() {
    assert_eq!(faults(GOOD), []);
}

/// Such keys passed every check: one ended the validator at the first vote, the other opened the box to
/// everybody who has read the standard.
#[test]
fn a_key_that_keeps_no_secret_is_refused() {
    let good = "e3f53cb0c8535043d198d0275fe9fffcf736fc1c539191334ab910cf9899be33";
    let low = "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157";
    let published = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
    check(good, low, "event.count_key", "low order");
    check(good, published, "event.count_key", "known to everybody");
    check(good, &"f".repeat(64), "event.count_key", "was changed");
    let twist = "e4f53cb0c8535043d198d0275fe9fffcf736fc1c539191334ab910cf9899be33";
    check(good, twist, "event.count_key", "was changed");
    let mask = "e96d77aafa41a438c89bcf04a556cbaa73c831f1cfdf7d4cfe2a478a4e1cde26";
    check(mask, good, "event.mask_key", "is the count key too");
}

#[test]
fn candidates_that_voters_cannot_tell_apart_are_refused() {
    let candidate = |number: u32, rest: &str| {
        format!("{GOOD}\n[[election.candidate]]\nnumber = {number}\nregion = 1\n{rest}")
    };
    let names = "first_name = \"A. \"\nlast_name = \"candidat-01\"\n";
    // The first letter of each of these is Cyrillic, Greek; the last one's accent stands alone.
    for (first, last) in [("А.", "Candidat-01"), ("Α.", "Candidat-01")] {
        for party in ["party = \"PA\"\n", ""] {
            let double = format!("{party}first_name = \"{first}\"\nlast_name = \"{last}\"\n");
            let found = faults(&candidate(2, &double));
            assert_eq!(found.len(), 1, "{double}: {found:?}");
            let says = format!("`{first} {last}` looks like `A. Candidat-01`");
            assert!(found[0].message.contains(&says), "{found:?}");
        }
    }
    let same = faults(&candidate(2, &format!("party = \"PA\"\n{names}")));
    assert_eq!(same.len(), 1, "{same:?}");
    assert_eq!(same[0].path, "election[0].candidate[1]");
    assert!(same[0].message.contains("tell them apart"), "{same:?}");
    assert_eq!(faults(&candidate(2, names)), [], "an independent");
    let withdrawn = format!("party = \"PA\"\nstatus = \"withdrawn\"\n{names}");
    assert_eq!(faults(&candidate(2, &withdrawn)), [], "marked on the paper");
}

#[test]
fn parties_and_regions_that_voters_cannot_tell_apart_are_refused() {
    let party =
        "[[party]]\ncode = \"PB\"\nname_fr = \"parti A\"\nname_en = \"B\"\ncolour = \"#112234\"\n";
    let region = "[[region]]\nnumber = 2\ncode = \"R2\"\nname_fr = \"Sud\"\nname_en = \"Νorth\"\n";
    for (table, path) in [(party, "party[1].name_fr"), (region, "region[1].name_en")] {
        let found = faults(&format!("{GOOD}\n{table}"));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].path, path);
        assert!(found[0].message.contains("looks like"), "{found:?}");
    }
}

#[test]
fn each_fault_of_a_law_is_told_with_its_line_and_remedy() {
    check("\"T-1\"", "\".hidden\"", "event.id", "not a dot");
    check(
        "\"America/Toronto\"",
        "\"Toronto\"",
        "event.time_zone",
        "IANA",
    );
    check("e3f53", "e3F53", "event.count_key", "64 hexadecimal");
    check("\"Act\"", "\"A\u{202e}ct\"", "law[0].title_en", "U+202E");
    check("\"Act\"", "\"\u{3164}\"", "law[0].title_en", "U+3164");
    check("\"Nord\"", "\"No\u{ad}rd\"", "region[0].name_fr", "U+00AD");
    check(
        "title_en = \"Trial\"",
        "",
        "event.title_en",
        "is missing: write title_en",
    );
    check("\"Act\"", "\"\"", "law[0].title_en", "is empty");
    check(
        "\"Act\"",
        "7",
        "law[0].title_en",
        "expected a text in quotes, got integer",
    );
    check(
        "\"Oui ?\"",
        "\"a\\u0007b\"",
        "law[0].question_fr",
        "control character",
    );
    check(
        "\"2026-10-05T20:00:00\"",
        "\"2026-10-05T08:00:00\"",
        "law[0].closes",
        "later than opens",
    );
    check(
        "\"2026-10-05T20:00:00\"",
        "\"soon\"",
        "law[0].closes",
        "not a date and time",
    );
    check(
        "\"2026-10-05T20:00:00\"",
        "2026-10-06",
        "law[0].closes",
        "not a date and time",
    );
}

#[test]
fn each_fault_of_an_election_is_told_with_its_line_and_remedy() {
    check(
        "\"#112233\"",
        "\"blue\"",
        "party[0].colour",
        "colour such as",
    );
    check(
        "max_ranks = 3",
        "max_ranks = 0",
        "election[0].max_ranks",
        "expected 1 to 100",
    );
    check(
        "party = \"PA\"",
        "party = \"PZ\"",
        "election[0].candidate[0].party",
        "no [[party]] has code `PZ`",
    );
    check(
        "region = 1",
        "region = 9",
        "election[0].candidate[0].region",
        "no [[region]] has number 9",
    );
    check(
        "region = 1",
        "region = 70000",
        "election[0].candidate[0].region",
        "70000 is out of range",
    );
    check(
        "\"E-1\"",
        "\"l-1\"",
        "election[0].code",
        "upper and lower case alike",
    );
}

#[test]
fn all_faults_are_told_at_once_in_the_order_of_lines() {
    let text = GOOD
        .replace("\"T-1\"", "\"T 1\"")
        .replace("\"America/Toronto\"", "\"Nowhere\"")
        .replace("region = 1", "region = 2")
        .replace("last_name", "lastname");
    let found = faults(&text);
    let lines: Vec<Option<usize>> = found.iter().map(|fault| fault.line).collect();
    let paths: Vec<&str> = found.iter().map(|fault| fault.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "event.id",
            "event.time_zone",
            "election[0].candidate[0].last_name",
            "election[0].candidate[0].region",
            "election[0].candidate[0].lastname",
        ]
    );
    assert!(lines.is_sorted(), "{lines:?}");
}

#[test]
fn broken_toml_is_told_by_line_alone() {
    let found = faults("[event]\nid = \"a\nx = 1\ny = = 2\n");
    assert!(found.len() >= 2, "{found:?}");
    assert_eq!(found[0].line, Some(2));
    let found = faults("");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].message.contains("nothing to vote on"));
    assert!(found[1].message.contains("write an [event] table"));
}

/// Toronto's clocks go forward on 8 March 2026 at 02:00 and back on 1 November 2026 at 02:00.
#[test]
fn daylight_saving_is_told_apart() {
    let opens = "opens = 2026-10-05T09:00:00\n";
    check(
        opens,
        "opens = 2026-03-08T02:30:00\n",
        "law[0].opens",
        "never happens in America/Toronto, clocks jump over it: write it with an offset, 2026-03-08T02:30:00-05:00 or 2026-03-08T02:30:00-04:00",
    );
    let text = GOOD.replace("2026-10-05T20:00:00\"", "2026-11-01T01:30:00\"");
    assert!(
        faults(&text)[0]
            .message
            .contains("happens twice in America/Toronto")
    );
    for (offset, expected) in [("-04:00", 1_793_511_000_000), ("-05:00", 1_793_514_600_000)] {
        let text = GOOD.replace(
            "2026-10-05T20:00:00\"",
            &format!("2026-11-01T01:30:00{offset}\""),
        );
        assert_eq!(
            Event::from_toml(&text).unwrap().ballots()[0].closes,
            expected
        );
    }
    // 09:00 in Toronto is 13:00 UTC in summer and 14:00 UTC in winter.
    for (date, expected) in [
        ("2026-10-05", 1_791_205_200_000),
        ("2026-01-05", 1_767_621_600_000),
    ] {
        let text = GOOD.replace(opens, &format!("opens = {date}T09:00:00\n"));
        assert_eq!(
            Event::from_toml(&text).unwrap().ballots()[0].opens,
            expected,
            "{date}"
        );
    }
}

#[test]
fn a_word_out_of_its_list_is_told_with_the_list() {
    let found = faults(&GOOD.replace("\"ranked_choice\"", "\"ranked\""));
    assert!(found.iter().any(|fault| {
        fault.path == "election[0].method"
            && fault.message == "expected single_choice or ranked_choice, got `ranked`"
    }));
}

#[test]
fn region_0_stands_for_no_region() {
    let text = GOOD.replace("number = 1\ncode = \"R1\"", "number = 0\ncode = \"R1\"");
    assert!(faults(&text)[0].message.contains("from 1 to 65535"));
}

#[test]
fn a_region_whose_candidates_all_withdrew_is_a_fault() {
    let text = format!("{GOOD}status = \"withdrawn\"\n");
    assert!(
        faults(&text)[0]
            .message
            .contains("every candidate of region 1 has withdrawn")
    );
}

#[test]
fn thresholds_are_exact_fractions() {
    let law = |votes: &str| {
        let table =
            format!("closes = \"2026-10-05T20:00:00\"\n[law.threshold]\nvotes = \"{votes}\"\n");
        GOOD.replace("closes = \"2026-10-05T20:00:00\"\n", &table)
    };
    let share = |votes: &str| {
        let event = Event::from_toml(&law(votes)).unwrap();
        event.laws().next().unwrap().1.threshold.votes
    };
    assert!(share("50%+1").reached_by(51, 100) && !share("50%+1").reached_by(50, 100));
    assert!(share("60%").reached_by(3, 5) && !share("60%").reached_by(2_999_999, 5_000_000));
    assert!(!share("more than 2/3").reached_by(2, 3) && share("at least 2/3").reached_by(2, 3));
    assert!(!share("at least 1/2").reached_by(0, 0));
    for (text, says) in [
        ("0%", "at least 0/100 asks for nothing"),
        ("more than 0/1", "asks for nothing"),
        ("more than 3/3", "write \"at least 3/3\""),
    ] {
        let error = text.parse::<election::Share>().unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    for wrong in [
        "1/2",
        "more than 3/2",
        "at least 1/0",
        "101%",
        "-5%",
        "more than  1/2",
        "",
    ] {
        assert_eq!(
            faults(&law(wrong))[0].path,
            "law[0].threshold.votes",
            "{wrong}"
        );
    }
}

#[test]
fn lists_and_texts_are_bounded() {
    let long = "x".repeat(201);
    check(
        "\"Act\"",
        &format!("\"{long}\""),
        "law[0].title_en",
        "at most 200 fit",
    );
    let regions: String = (2..5_000)
        .map(|n| {
            format!("[[region]]\nnumber = {n}\ncode = \"R{n}\"\nname_fr = \"x {n}\"\nname_en = \"x {n}\"\n")
        })
        .collect();
    let text = GOOD.replace("[[election]]\n", &format!("{regions}[[election]]\n"));
    assert!(
        faults(&text)
            .iter()
            .any(|f| f.message.contains("at most 4096 are taken"))
    );
    let nested = format!("x = {}", "[".repeat(100_000));
    assert!(!faults(&nested).is_empty());
}

#[test]
fn json_is_checked_by_the_same_rules() {
    let json = String::from_utf8(Event::from_toml(GOOD).unwrap().to_canonical_json()).unwrap();
    let check = |from: &str, to: &str, says: &str| {
        assert!(json.contains(from), "{from}");
        let found = Event::from_json(json.replace(from, to).as_bytes()).unwrap_err();
        assert!(
            found.iter().any(|f| f.to_string().contains(says)),
            "{found:?}"
        );
    };
    check("\"id\":\"T-1\"", "\"id\":\"../T\"", "event.id");
    check(
        "scrutin-event/2",
        "scrutin-event/3",
        "expected scrutin-event/2",
    );
    check("2026-10-05T13:00:00Z", "2026", "expected a date");
    check("more than 1/2", "nearly all", "is not a share");
    check("\"seats\":1", "\"seats\":0", "expected 1 to 1000");
    check("\"seats\":1", "\"seats\":1,\"seat\":1", "unknown field");
    check(
        "\"region\":1,",
        "\"region\":2,",
        "no [[region]] has number 2",
    );
    assert!(Event::from_json(b"").is_err());
    assert!(Event::from_json("[".repeat(100_000).as_bytes()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_readers_panic(text in ".{0,400}") {
        let _ = Event::from_toml(&text);
        let _ = Event::from_json(text.as_bytes());
    }

    #[test]
    fn no_damage_makes_the_readers_panic(at in 0usize..GOOD.len(), byte in 0u8..128, cut in any::<bool>()) {
        let mut bytes = GOOD.as_bytes().to_vec();
        bytes[at] = byte;
        if cut {
            bytes.truncate(at);
        }
        if let Ok(event) = Event::from_toml(&String::from_utf8_lossy(&bytes)) {
            let json = event.to_canonical_json();
            let again = Event::from_json(&json).unwrap();
            prop_assert_eq!(again.to_canonical_json(), json);
        }
    }

    #[test]
    fn no_damaged_json_makes_the_reader_panic(at in 0usize..1_000, byte in any::<u8>()) {
        let mut json = Event::from_toml(GOOD).unwrap().to_canonical_json();
        let at = at % json.len();
        json[at] = byte;
        let _ = Event::from_json(&json);
    }
}

/// A key that nobody reads may be a rule that somebody counts on: it is refused by name, in whatever table
/// it stands.
#[test]
fn unknown_keys_are_refused_by_name_in_every_table() {
    let example = include_str!("../../../fixtures/election.toml");
    let event = Event::from_toml(example).unwrap();
    let headers = example
        .lines()
        .enumerate()
        .filter(|(_, line)| line.starts_with('['));
    for (at, header) in headers {
        let mut lines: Vec<&str> = example.lines().collect();
        lines.insert(at + 1, "unheard_of = true");
        let found = faults(&lines.join("\n"));
        assert_eq!(found.len(), 1, "{header}: {found:?}");
        assert!(found[0].path.ends_with("unheard_of"), "{header}: {found:?}");
        assert_eq!(found[0].line, Some(at + 2), "{header}");
    }
    let json = String::from_utf8(event.to_canonical_json()).unwrap();
    for (at, _) in json.match_indices('{') {
        let edited = format!("{}\"unheard_of\":1,{}", &json[..=at], &json[at + 1..]);
        let found = Event::from_json(edited.as_bytes()).unwrap_err();
        let told = found[0].to_string();
        assert!(told.contains("unheard_of"), "at byte {at}: {told}");
    }
}
