//! Two hands: neither counts alone, no program takes both keys, and whatever is changed between them is
//! noticed before anything is counted.

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use data_encoding::HEXLOWER;
use election::Choice;
use sha2::{Digest, Sha256};

use support::program::{Names, alone, stderr, stdout};
use support::{END_MS, Fixture, OVER, STEPS};

/// An event with votes on every ballot, and the count hand's releases of them.
struct Office {
    fixture: Fixture,
    names: Names,
}

impl Office {
    fn new() -> Office {
        let fixture = Fixture::new(60);
        let mut ballots = fixture.ballot_box("data");
        ballots.fill(0, 30);
        ballots.set_time(END_MS);
        ballots.close();
        let names = Names::new(&fixture, "data");
        let office = Office { fixture, names };
        let released = office.release(&office.names.ledger);
        assert!(released.status.success(), "{}", stderr(&released));
        office
    }

    fn release(&self, ledger: &str) -> Output {
        let names = &self.names;
        alone(&[
            "release",
            "--ledger",
            ledger,
            "--package",
            &names.package,
            "--trust",
            &names.trust,
            "--key",
            &names.count_key,
            "--out",
            &names.releases,
        ])
    }

    fn count(&self) -> Output {
        alone(&self.names.args("count", &[]))
    }

    fn file(&self) -> PathBuf {
        PathBuf::from(&self.names.releases).join("p0000.releases")
    }

    /// Nothing is counted of releases that were edited so, and the reason is told.
    fn refuses(&self, edit: impl Fn(&mut Vec<String>), words: &str) {
        let text = fs::read_to_string(self.file()).expect("releases");
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        edit(&mut lines);
        fs::write(self.file(), lines.join("\n") + "\n").expect("written");
        let counted = self.count();
        assert_eq!(counted.status.code(), Some(1), "{words}");
        assert!(stderr(&counted).contains(words), "{}", stderr(&counted));
        assert_eq!(stdout(&counted), "", "{words}");
        fs::write(self.file(), text).expect("written");
    }
}

/// A line with its first masked sum changed.
fn with_another_sum(line: &str) -> String {
    let mut release: serde_json::Value = serde_json::from_str(line).expect("JSON");
    let sum = release["sums"][0].as_u64().expect("a sum");
    release["sums"][0] = (sum ^ 1).into();
    release.to_string()
}

/// Changes the first release that `edit` takes, and makes the chain of hashes whole again, as whoever holds the
/// count key can.
fn forged(lines: &mut [String], edit: impl Fn(&mut serde_json::Value) -> bool) {
    let mut is_edited = false;
    for at in 1..lines.len() {
        let mut release: serde_json::Value = serde_json::from_str(&lines[at]).expect("JSON");
        is_edited = is_edited || edit(&mut release);
        release["previous"] = HEXLOWER.encode(&Sha256::digest(&lines[at - 1])).into();
        lines[at] = release.to_string();
    }
    assert!(is_edited, "there is such a release");
}

/// Takes one of several rankings out of a release.
fn leave_one_out(release: &mut serde_json::Value) -> bool {
    let records = release["records"].as_array_mut();
    let records = records.filter(|records| records.len() > 1);
    records.is_some_and(|records| records.pop().is_some())
}

/// Changes the masked sum of a release's witnesses.
fn add_to_witnesses(release: &mut serde_json::Value) -> bool {
    let Some(witnesses) = release["witnesses"].as_str() else {
        return false;
    };
    let mut bytes = HEXLOWER.decode(witnesses.as_bytes()).expect("digits");
    bytes[0] ^= 1;
    release["witnesses"] = HEXLOWER.encode(&bytes).into();
    true
}

/// A directory in place of a release file stands for whatever is no file, such as a pipe.
fn no_file_is_waited_for(office: &Office) {
    let kept = fs::read(office.file()).expect("releases");
    fs::remove_file(office.file()).expect("releases");
    fs::create_dir(office.file()).expect("a directory");
    for refused in [office.count(), office.release(&office.names.ledger)] {
        let told = stderr(&refused);
        assert!(told.contains("not a regular file"), "{told}");
    }
    fs::remove_dir(office.file()).expect("a directory");
    fs::write(office.file(), kept).expect("releases");
}

/// What no crash left at the end of a release file stays there.
fn what_others_wrote_is_kept(office: &Office) {
    let kept = fs::read(office.file()).expect("releases");
    fs::write(office.file(), "a note without an end").expect("written");
    let told = stderr(&office.release(&office.names.ledger));
    assert!(told.contains("half a line that is not of this"), "{told}");
    let left = fs::read_to_string(office.file()).expect("the note");
    assert_eq!(left, "a note without an end");
    let torn = [&kept[..40], &[0; 9]].concat();
    fs::write(office.file(), torn).expect("written");
    assert!(office.release(&office.names.ledger).status.success());
    assert!(fs::read(office.file()).expect("releases") == kept);
}

/// What the count hand can do without the mask key, and what of it is noticed by the mask hand.
#[test]
fn what_a_count_hand_forges_is_noticed_where_it_can_be() {
    let office = Office::new();
    office.refuses(
        |lines| {
            forged(lines, |release| {
                let records = release["records"].as_array_mut();
                let records = records.filter(|records| records.len() > 1);
                records.is_some_and(|records| {
                    records[1] = records[0].clone();
                    true
                })
            });
        },
        "not in ascending order, each once",
    );
    let long = |lines: &mut Vec<String>| lines[1] = "x".repeat(1 << 20);
    office.refuses(long, "line 2 has more than");
    for forge in [leave_one_out, add_to_witnesses] {
        office.refuses(|lines| forged(lines, forge), "not those of its frames");
    }
    office.refuses(
        |lines| {
            forged(lines, |release| {
                // One release of all its votes, so that each choice has some to be shifted.
                let is_whole = release["ballot"] == "LATER" && release["scope"] == "country";
                for (at, by) in [(0, 1), (1, u32::MAX)] {
                    if let Some(sum) = release["sums"][at].as_u64().filter(|_| is_whole) {
                        let sum = u32::try_from(sum).expect("a cell").wrapping_add(by);
                        release["sums"][at] = sum.into();
                    }
                }
                is_whole
            });
        },
        "shifted votes",
    );
    no_file_is_waited_for(&office);
    what_others_wrote_is_kept(&office);
    let text = fs::read_to_string(office.file()).expect("releases");
    fs::write(office.file(), format!("{text}hello\n")).expect("written");
    let refused = office.release(&office.names.ledger);
    assert_eq!(refused.status.code(), Some(1));
    let told = stderr(&refused);
    assert!(told.contains("was not released by this ledger"), "{told}");
    fs::remove_dir_all(&office.names.releases).expect("releases");
    let told = stderr(&office.count());
    assert!(
        told.contains("there is no") && told.contains("--releases"),
        "{told}"
    );
}

#[test]
fn invariant_5_no_program_takes_both_keys() {
    let office = Office::new();
    let count_key = office.names.count_key.as_str();
    for command in ["count", "verify", "run"] {
        for flag in ["--count", "--key"] {
            let both = alone(&office.names.args(command, &[flag, count_key]));
            assert_eq!(both.status.code(), Some(2), "{command}");
            let told = stderr(&both);
            assert!(told.contains("no program takes both keys"), "{told}");
        }
    }
    let mut swapped = office.names.args("count", &[]);
    swapped[6] = count_key;
    let swapped = alone(&swapped);
    assert_eq!(swapped.status.code(), Some(1));
    assert!(
        stderr(&swapped).contains("is the count key"),
        "{}",
        stderr(&swapped)
    );
}

#[test]
fn what_was_changed_between_the_hands_is_noticed() {
    let office = Office::new();
    let whole = office.count();
    assert!(whole.status.success(), "{}", stderr(&whole));
    let law = |line: &String| line.contains("\"ballot\":\"LIVE\"");
    let first_law = |lines: &[String]| lines.iter().position(law).expect("a release of a law");
    office.refuses(
        |lines| {
            let at = first_law(lines);
            lines[at] = with_another_sum(&lines[at]);
            lines.truncate(at + 1);
        },
        "a masked sum was changed",
    );
    office.refuses(
        |lines| {
            let at = first_law(lines);
            lines[at] = with_another_sum(&lines[at]);
        },
        "a masked sum was changed",
    );
    office.refuses(
        |lines| drop(lines.remove(2)),
        "does not follow the line before",
    );
    office.refuses(
        |lines| drop(lines.pop()),
        "ends before the release of frame",
    );
    office.refuses(
        |lines| lines.push(lines[1].clone()),
        "releases frames that the ledger does not have",
    );
    office.refuses(
        |lines| lines[0] = lines[0].replace("T-2025", "T-2026"),
        "releases of another event",
    );
    office.refuses(
        |lines| {
            let at = first_law(lines);
            let release: serde_json::Value = serde_json::from_str(&lines[at]).expect("JSON");
            let link = release["link"].as_str().expect("a hash").to_owned();
            lines[at] = lines[at].replace(&link, &"0".repeat(64));
        },
        "they are of two histories",
    );
    office.refuses(
        |lines| {
            let at = lines
                .iter()
                .position(|line| line.contains("STEPS"))
                .expect("a release");
            let mut release: serde_json::Value = serde_json::from_str(&lines[at]).expect("JSON");
            release["votes"] = 3.into();
            lines[at] = release.to_string();
        },
        "where the plan releases",
    );
    assert_eq!(
        stdout(&office.count()),
        stdout(&whole),
        "the releases are as they were"
    );
}

#[test]
fn the_count_hand_refuses_a_ledger_that_forks_from_what_it_has_seen() {
    let office = Office::new();
    let before = fs::read(office.file()).expect("releases");
    let mut others = office.fixture.ballot_box("other");
    for nth in 0..30 {
        others.vote(STEPS, nth, Choice::Oui);
        others.vote(OVER, nth, Choice::Non);
    }
    others.set_time(END_MS);
    others.close();
    let forked = Names::new(&office.fixture, "other");
    let refused = office.release(&forked.ledger);
    assert_eq!(refused.status.code(), Some(1));
    let told = stderr(&refused);
    assert!(told.contains("the ledger forks from the one"), "{told}");
    assert_eq!(fs::read(office.file()).expect("releases"), before);
    let again = office.release(&office.names.ledger);
    assert!(again.status.success(), "{}", stderr(&again));
    assert_eq!(
        fs::read(office.file()).expect("releases"),
        before,
        "the same once more"
    );
}
