//! The JSON of results, byte for byte as it was agreed: a client must not notice how it is made.

use std::collections::BTreeMap;
use std::sync::Arc;

use election::{Ballot, Choice, Event};
use ledger::Cursor;

use super::{BallotDocument, RegionDocument};
use crate::ballot_count::ReleasedCounts;
use crate::certificate::Certificate;
use crate::counts::Counts;
use crate::policy::Visible;
use crate::results::{Stage, Standing, Turnout};
use crate::tabulate::results_of;

/// One line a case: its name, a tab, its JSON.
const GOLDEN: &str = include_str!("../../tests/golden/results.txt");

/// Two laws (one with a double majority) and three elections (plurality, instant runoff, single
/// transferable vote) over three regions.
pub(crate) fn event() -> Event {
    let mut text = String::from(
        "[event]\nid = \"G-2025\"\ntitle_fr = \"Essai\"\ntitle_en = \"Test\"\ntime_zone = \"America/Toronto\"\ncount_key = \"e3f53cb0c8535043d198d0275fe9fffcf736fc1c539191334ab910cf9899be33\"\nmask_key = \"e96d77aafa41a438c89bcf04a556cbaa73c831f1cfdf7d4cfe2a478a4e1cde26\"\n",
    );
    let window = "opens = 2025-01-01T00:00:00\ncloses = 2035-01-01T00:00:00\nresults = \"live\"\n";
    for (id, rest) in [
        ("PLAIN", ""),
        (
            "DOUBLE",
            "[law.threshold]\nvotes = \"at least 3/5\"\n[law.threshold.regions]\nvotes = \"more than 1/2\"\nshare = \"at least 2/3\"\n",
        ),
    ] {
        text += &format!(
            "[[law]]\nid = \"{id}\"\ntitle_fr = \"Loi {id}\"\ntitle_en = \"Law {id}\"\nquestion_fr = \"Oui ?\"\nquestion_en = \"Yes?\"\nallow_blank = true\n{window}{rest}"
        );
    }
    text += "[[party]]\ncode = \"PA\"\nname_fr = \"Parti A\"\nname_en = \"Party A\"\ncolour = \"#1b5e9e\"\n";
    for region in 1..=3 {
        text += &format!(
            "[[region]]\nnumber = {region}\ncode = \"R{region}\"\nname_fr = \"Région {region}\"\nname_en = \"Region {region}\"\n"
        );
    }
    for (number, code, rest, counting) in [
        (1, "SINGLE", "method = \"single_choice\"\n", ""),
        (2, "IRV", "method = \"ranked_choice\"\nmax_ranks = 4\n", ""),
        (
            3,
            "STV",
            "method = \"ranked_choice\"\nmax_ranks = 4\nseats = 2\n",
            "[election.counting]\nsystem = \"stv\"\ndecimals = 5\n",
        ),
    ] {
        text += &format!(
            "[[election]]\nnumber = {number}\ncode = \"{code}\"\nname_fr = \"Élection {code}\"\nname_en = \"Election {code}\"\n{rest}{window}{counting}"
        );
        for candidate in 0..12 {
            let region = candidate / 4 + 1;
            let party = if candidate % 4 == 0 {
                "party = \"PA\"\n"
            } else {
                ""
            };
            text += &format!(
                "[[election.candidate]]\nnumber = {}\nregion = {region}\nfirst_name = \"F{candidate}\"\nlast_name = \"L{candidate}\"\n{party}",
                candidate + 1
            );
        }
    }
    match Event::from_toml(&text) {
        Ok(event) => event,
        Err(faults) => panic!("{faults:?}"),
    }
}

/// Votes of a ballot by region. Region 3 of the elections has none; law votes without a region are
/// those of region 0.
fn votes(ballot: &Ballot) -> ReleasedCounts {
    let mut regions: BTreeMap<u16, Counts> = BTreeMap::new();
    let mut add = |region, choice, votes| {
        regions.entry(region).or_default().add(&choice, votes);
    };
    match ballot.id.as_str() {
        "PLAIN" => {
            add(1, Choice::Oui, 5_000);
            add(2, Choice::Non, 4_999);
            add(2, Choice::Blanc, 7);
        }
        "DOUBLE" => {
            for (region, oui, non) in [(0, 10, 3), (1, 70, 30), (2, 61, 39), (3, 50, 50)] {
                add(region, Choice::Oui, oui);
                add(region, Choice::Non, non);
            }
            add(3, Choice::Blanc, 11);
        }
        "SINGLE" => {
            for (number, votes) in [(1, 100), (2, 33), (4, 67)] {
                add(1, Choice::Candidate(number), votes);
            }
            for (number, votes) in [(5, 40), (6, 40), (7, 1)] {
                add(2, Choice::Candidate(number), votes);
            }
        }
        _ => {
            for (region, first, scale) in [(1, 1, 100), (2, 5, 7)] {
                for (places, votes) in [
                    (&[0, 1][..], 7),
                    (&[0, 2, 1], 6),
                    (&[1], 4),
                    (&[2, 3, 1], 3),
                    (&[3, 2], 3),
                ] {
                    let ranking = places.iter().map(|place| first + place).collect();
                    add(region, Choice::Ranking(ranking), votes * scale + 1);
                }
            }
        }
    }
    let mut country = Counts::default();
    regions.values().for_each(|counts| country.merge(counts));
    ReleasedCounts {
        releases: 7,
        country,
        regional_votes: regions.values().map(Counts::total).sum(),
        regions,
        updated_ms: 1_752_580_800_250,
        position: BTreeMap::new(),
    }
}

/// The documents of a ballot, and of region 2 where it is an election.
fn documents(
    event: &Event,
    ballot: &Ballot,
    name: &str,
    (standing, visible): (Standing, &Visible<'_>),
) -> String {
    let cast: BTreeMap<u16, u64> = votes(ballot)
        .regions
        .iter()
        .map(|(region, counts)| (*region, counts.total()))
        .collect();
    let turnout = Turnout {
        registered: cast.clone(),
        votes: cast,
        hours: BTreeMap::new(),
        known_until_ms: 0,
    };
    let results = results_of(event, ballot, (standing, turnout), visible);
    let results = results.expect("these can be counted");
    let document = BallotDocument::of(event, ballot, &results);
    let json = serde_json::to_string(&document).expect("JSON");
    let mut text = format!("{} {name}\t{json}\n", ballot.id);
    if let Some(election) = ballot.election() {
        let document = RegionDocument::of(event, election, 2, &results);
        let json = serde_json::to_string(&document).expect("JSON");
        text += &format!("{} region 2 {name}\t{json}\n", ballot.id);
    }
    text
}

#[test]
fn documents_are_byte_for_byte_as_released() {
    let event = event();
    let mut text = String::new();
    for ballot in event.ballots() {
        let (votes, nothing) = (votes(ballot), ReleasedCounts::default());
        let available_ms = ballot.closes;
        let certificate = Arc::new(Certificate {
            statement_sha256: "ab".repeat(32),
            signed_by: "0123456789ABCDEF".to_owned(),
        });
        let certified = || Stage::Certified(Arc::clone(&certificate));
        for (name, stage, visible) in [
            ("counts", Stage::Counting, Visible::Counts(&votes)),
            ("preliminary", Stage::Preliminary, Visible::Counts(&votes)),
            ("certified", certified(), Visible::Counts(&votes)),
            ("none", Stage::Counting, Visible::Counts(&nothing)),
            (
                "withheld",
                Stage::Counting,
                Visible::Withheld { available_ms },
            ),
            ("sealed", Stage::Preliminary, Visible::Sealed),
        ] {
            let standing = Standing {
                stage,
                position: BTreeMap::from([(0, Cursor::default())]),
                time_ms: Some(1_752_580_800_250),
                releases: 7,
            };
            text += &documents(&event, ballot, name, (standing, &visible));
        }
    }
    for (got, expected) in text.lines().zip(GOLDEN.lines()) {
        assert_eq!(got, expected);
    }
    assert_eq!(text.len(), GOLDEN.len(), "a case is missing or new");
}
