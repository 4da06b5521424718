//! What is wrong with the CSV of an earlier event's turnout is told at once, with its line and what to write instead.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod event;

use companions::{Baseline, builder};
use election::{Fault, Text};

use event::two_regions;

const SOUND: &str = "\
ballot,until,votes,registered
E-1,2021-10-03T20:00,9,200
E-1,2021-10-04T12:00,60,200
E-1,2021-10-05T00:00,115,200
";

fn read(text: &str) -> Result<Baseline, Vec<Fault>> {
    let event = two_regions();
    let title = Text {
        fr: "Avant".to_owned(),
        en: "Before".to_owned(),
    };
    let votes = b"ballot,region,party,votes,seats\nE-1,1,A,70,1\nE-1,300,B,40,1\n";
    let baseline = builder::baseline(votes, &event, title, "2021-10-04".parse().unwrap());
    builder::with_turnout(text.as_bytes(), &event, baseline.unwrap())
}

#[track_caller]
fn check(old: &str, new: &str, expected: &str) {
    assert!(SOUND.contains(old), "{old}");
    let faults = read(&SOUND.replacen(old, new, 1)).unwrap_err();
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults, [expected]);
}

#[test]
fn hours_of_the_clock_are_counted_from_the_start_of_the_day() {
    let baseline = read(SOUND).unwrap();
    let turnout = baseline.ballot("E-1").unwrap().turnout.as_ref().unwrap();
    let until = turnout.until.iter().map(|until| (until.hour, until.votes));
    assert_eq!(until.collect::<Vec<_>>(), [(-4, 9), (12, 60), (24, 115)]);
    assert_eq!(turnout.registered, 200);
    // As spreadsheets save it.
    assert_eq!(
        read(&SOUND.replace(',', ";").replace('T', " ")).unwrap(),
        baseline
    );
}

#[test]
fn rows_go_on_from_each_other_and_fit_the_event() {
    const HOUR: &str = "expected a full hour of the local clock, such as 2021-10-04T20:00, at most 31 days before 2021-10-04 and a day after it, got";
    check(
        "E-1,2021-10-04",
        "L-1,2021-10-04",
        "line 3: ballot: L-1 is a law, which has no earlier votes: remove the row",
    );
    for wrong in [
        "2021-10-04T12:30",
        "2021-10-04",
        "noon",
        "2021-08-04T12:00",
        "2021-10-07T12:00",
    ] {
        check(
            "2021-10-04T12:00",
            wrong,
            &format!("line 3: until: {HOUR} `{wrong}`"),
        );
    }
    check(
        ",60,",
        ",-1,",
        "line 3: votes: expected a whole number up to 999999999, digits alone, got `-1`",
    );
    check(
        ",60,200",
        ",60,201",
        "line 3: another number of registered voters than in the rows before: write one number for a ballot",
    );
    check(
        ",115,",
        ",201,",
        "line 4: more votes than registered voters: correct one of the two",
    );
    check(
        ",115,",
        ",59,",
        "line 4: fewer votes than in the row before it: each row has all votes until its hour",
    );
    check(
        "2021-10-05T00:00",
        "2021-10-04T12:00",
        "line 4: not later than the row before it: write the hours of a ballot in order, each once",
    );
    let none = read("ballot,until,votes,registered\n").unwrap_err();
    assert!(none[0].message.starts_with("no rows: "), "{none:?}");
}
