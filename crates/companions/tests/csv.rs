//! What is wrong with the CSV of an earlier event is told at once, with its line and what to write instead.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod event;

use companions::{Baseline, builder};
use election::{Fault, Text};

use event::two_regions;

const SOUND: &str = "\
ballot,region,party,votes,seats
E-1,300,B,40,1
E-1,1,A,70,1
E-1,1,,5,0
";

fn read(bytes: &[u8]) -> Result<Baseline, Vec<Fault>> {
    let title = Text {
        fr: "Avant".to_owned(),
        en: "Before".to_owned(),
    };
    builder::baseline(bytes, &two_regions(), title, "2021-10-04".parse().unwrap())
}

fn faults(text: &str) -> Vec<String> {
    let faults = read(text.as_bytes()).err().unwrap_or_default();
    faults.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn check(old: &str, new: &str, expected: &[&str]) {
    assert!(SOUND.contains(old), "{old}");
    assert_eq!(faults(&SOUND.replacen(old, new, 1)), expected);
}

#[test]
fn a_sound_file_is_put_in_the_order_of_the_event() {
    let baseline = read(SOUND.as_bytes()).unwrap();
    let json = String::from_utf8(baseline.to_json()).unwrap();
    assert_eq!(
        json,
        "{\"format\":\"scrutin-baseline-1\",\"title\":{\"fr\":\"Avant\",\"en\":\"Before\"},\"date\":\"2021-10-04\",\
         \"ballots\":[{\"ballot\":\"E-1\",\"regions\":[\
         {\"region\":1,\"results\":[{\"party\":\"A\",\"votes\":70,\"seats\":1},{\"votes\":5,\"seats\":0}]},\
         {\"region\":300,\"results\":[{\"party\":\"B\",\"votes\":40,\"seats\":1}]}]}]}"
    );
    let earlier = baseline.ballot("E-1").unwrap();
    assert_eq!(earlier.total(Some("A")), (70, 1));
    assert_eq!(earlier.total(None), (5, 0));
    assert!(baseline.ballot("L-1").is_none());
}

/// As spreadsheets save it: semicolons or tabs, quotation marks, a mark of the byte order, other columns first.
#[test]
fn spreadsheets_are_read() {
    let sound = read(SOUND.as_bytes()).unwrap();
    for written in [
        format!("\u{feff}{}", SOUND.replace(',', ";").replace('\n', "\r\n")),
        SOUND.replace(',', "\t"),
        SOUND.replace("E-1", "\"E-1\""),
        SOUND.replace(",1,A,70,", ", 1 ,A , 70,"),
    ] {
        assert_eq!(read(written.as_bytes()).unwrap(), sound, "{written}");
    }
    let turned = "votes,seats,party,region,ballot\n70,1,A,1,E-1\n5,0,,1,E-1\n40,1,B,300,E-1\n";
    assert_eq!(read(turned.as_bytes()).unwrap(), sound);
}

#[test]
fn cells_are_what_the_event_has() {
    check(
        "E-1,300",
        "E-9,300",
        &["line 2: ballot: the event has no [[election]] with code `E-9`"],
    );
    check(
        "E-1,300",
        "L-1,300",
        &["line 2: ballot: L-1 is a law, which has no earlier votes: remove the row"],
    );
    check(
        "E-1,300",
        "E-1,301",
        &[
            "line 2: region: nobody stands in a region 301 of this election: correct the number, or remove the row",
        ],
    );
    check(
        "300,B",
        "300,C",
        &[
            "line 2: party: no [[party]] has code `C`: leave it empty for independents and parties that do not stand, all together",
        ],
    );
    check(
        "E-1,300,B,40,1\n",
        "",
        &["region: E-1 has no row for region 300: add them, or leave the ballot out"],
    );
    check(
        "E-1,1,,5,0",
        "E-1,1,A,5,0",
        &["line 4: party: line 3 is of the same ballot, region and party: add the votes up"],
    );
}

#[test]
fn numbers_are_whole_and_bounded() {
    for wrong in [
        "",
        "-1",
        "1.5",
        "1 000",
        "1e9",
        "NaN",
        "+5",
        "1000000000",
        "99999999999999999999",
    ] {
        check(
            ",5,0",
            &format!(",{wrong},0"),
            &[&format!(
                "line 4: votes: expected a whole number up to 999999999, digits alone, got `{wrong}`"
            )],
        );
    }
    check(
        ",5,0",
        ",5,1001",
        &["line 4: seats: expected a whole number up to 1000, digits alone, got `1001`"],
    );
    check(
        ",5,0",
        ",5,<b>\u{1b}[2J",
        &["line 4: seats: expected a whole number up to 1000, digits alone, got `<b>\\u{1b}[2J`"],
    );
}

#[test]
fn all_faults_of_a_file_are_told_at_once() {
    let told = faults("ballot,region,party,votes,seats\nX,a,C,-,?\nE-1,1\n");
    assert_eq!(
        told,
        [
            "line 2: ballot: the event has no [[election]] with code `X`",
            "line 2: region: expected a whole number up to 65535, digits alone, got `a`",
            "line 2: party: no [[party]] has code `C`: leave it empty for independents and parties that do not stand, all together",
            "line 2: votes: expected a whole number up to 999999999, digits alone, got `-`",
            "line 2: seats: expected a whole number up to 1000, digits alone, got `?`",
            "line 3: 2 cells, expected 5: ballot, region, party, votes, seats",
        ]
    );
}

#[test]
fn the_first_line_names_the_columns() {
    assert_eq!(
        faults(""),
        ["is empty: begin with ballot,region,party,votes,seats"]
    );
    assert_eq!(
        faults("ballot,region,party,votes,votes,name\n"),
        [
            "line 1: votes: two columns have this name: remove one",
            "line 1: seats: is missing: name the column in the first line",
            "line 1: unknown column `name`; known here: ballot, region, party, votes, seats",
        ]
    );
    assert_eq!(
        faults("ballot,region,party,votes,seats\n"),
        ["no rows: write one for each ballot, region and party, or leave the file out"]
    );
}

#[test]
fn a_file_is_text_and_bounded() {
    let told = |bytes: &[u8]| read(bytes).unwrap_err()[0].to_string();
    assert_eq!(
        told(b"ballot\n\xe9"),
        "line 2: is not UTF-8: save the file as UTF-8"
    );
    assert_eq!(
        told(&vec![b' '; (8 << 20) + 1]),
        "8388609 bytes, at most 8388608 are read: simplify it first"
    );
    let many = format!(
        "ballot,region,party,votes,seats\n{}",
        "E-1,1,A,1,0\n".repeat(50_001)
    );
    let faults = faults(&many);
    assert_eq!(
        faults,
        ["more than 50000 rows: leave out those without votes"]
    );
}
