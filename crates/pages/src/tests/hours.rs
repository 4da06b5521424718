//! Turnout by hour, and beside an earlier event's: full hours alone, and the same hour on both sides.

use companions::{Baseline, builder};
use election::{Event, Language};

use super::{ballot, event, night, progress, seen};
use crate::results::{self, ElectionView, HourVotes, Night, Stage, Turnout};

const HOUR_MS: i64 = 3_600_000;

/// 200 voters of then: 20 by noon, 80 by 5 p.m., 100 by 8 p.m.
fn baseline(event: &Event) -> Baseline {
    let rows = (1..=6).map(|region| format!("E2025-QC,{region},PA,60,1\n"));
    let votes = format!(
        "ballot,region,party,votes,seats\n{}",
        rows.collect::<String>()
    );
    let day = jiff::civil::date(2021, 10, 4);
    let read = builder::baseline(votes.as_bytes(), event, event.title.clone(), day);
    let hours = "ballot,until,votes,registered\n\
        E2025-QC,2021-10-04T12:00,20,200\n\
        E2025-QC,2021-10-04T17:00,80,200\n\
        E2025-QC,2021-10-04T20:00,100,200\n";
    let read = read.and_then(|read| builder::with_turnout(hours.as_bytes(), event, read));
    read.expect("earlier results")
}

/// The page with `votes` in each of these hours of the clock on the last day of voting, of 400 voters. All but the
/// last are full.
fn page(night: &Night<'_>, stage: Stage, hours: &[(i64, u64)]) -> String {
    page_of(night, stage, hours, hours.len().saturating_sub(1))
}

/// The same with so many full hours.
fn page_of(night: &Night<'_>, stage: Stage, hours: &[(i64, u64)], full: usize) -> String {
    let ballot = ballot(night.context.event, "E2025-QC");
    let election = ballot.election().expect("an election");
    let hours = (0..).zip(hours).map(|(nth, (hour, votes))| HourVotes {
        start_ms: ballot.closes - (24 - hour) * HOUR_MS,
        votes: *votes,
        is_full: nth < full,
    });
    let hours: Vec<HourVotes> = hours.collect();
    let [shown, ..] = seen(());
    let view = ElectionView {
        progress: progress(stage),
        turnout: Turnout {
            votes: hours.iter().map(|hour| hour.votes).sum(),
            registered: 400,
        },
        hours,
        regions: Vec::new(),
        seen: shown,
    };
    results::election(night, ballot, election, &view).html
}

fn said(html: &str) -> Option<&str> {
    let said = html.split("<p class=\"against\">").nth(1)?;
    said.split("</p>").next()
}

#[test]
fn turnout_stands_beside_that_of_the_same_full_hour() {
    let event = event();
    let baseline = baseline(&event);
    let night = Night {
        baseline: Some(&baseline),
        ..night(&event, Language::English)
    };
    let words = |clock: &str, now: &str, then: &str| {
        let title = &event.title.en;
        format!("By {clock}, {now} had voted; {title}, by the same hour: {then}.")
    };
    for (stage, hours, expected) in [
        // The hour from 5 p.m. is not over, however many votes it has.
        (
            Stage::Counting,
            &[(9, 40), (16, 60), (17, 99)][..],
            Some(("5\u{a0}p.m.", "25.0%", "40.0%")),
        ),
        // At 4 p.m. nobody counted then: at noon they did.
        (
            Stage::Counting,
            &[(9, 40), (15, 60), (16, 9)],
            Some(("noon", "10.0%", "10.0%")),
        ),
        // The hour from 11 a.m. is not over.
        (Stage::Counting, &[(9, 40), (11, 60)], None),
        (Stage::Counting, &[(16, 60)], None),
        (Stage::Counting, &[], None),
        (
            Stage::Preliminary,
            &[(9, 40), (19, 60)],
            Some(("8\u{a0}p.m.", "25.0%", "50.0%")),
        ),
    ] {
        let html = page(&night, stage, hours);
        let expected = expected.map(|(clock, now, then)| words(clock, now, then));
        assert_eq!(said(&html), expected.as_deref(), "{hours:?}");
    }
}

/// A partition that is behind may still bring votes of an hour, though another has those of the next.
#[test]
fn an_hour_is_full_when_the_view_says_so_and_not_when_a_later_one_has_votes() {
    let event = event();
    let baseline = baseline(&event);
    let night = Night {
        baseline: Some(&baseline),
        ..night(&event, Language::English)
    };
    let hours = [(11, 40), (16, 60), (17, 99)];
    for (full, clock) in [
        (0, None),
        (1, Some("noon")),
        (2, Some("5\u{a0}p.m.")),
        (3, Some("5\u{a0}p.m.")),
    ] {
        let html = page_of(&night, Stage::Counting, &hours, full);
        let by = clock.map(|clock| format!("By {clock}, "));
        let said = said(&html);
        assert_eq!(said.is_some(), by.is_some(), "{full}: {said:?}");
        assert!(by.is_none_or(|by| said.is_some_and(|said| said.starts_with(&by))));
    }
}

#[test]
fn the_curve_has_a_table_that_says_the_same() {
    let event = event();
    let baseline = baseline(&event);
    let alone = night(&event, Language::French);
    let html = page(&alone, Stage::Counting, &[(9, 40), (10, 60), (11, 7)]);
    assert!(
        html.contains("<path class=\"today\" d=\"M0 100L500 60L1000 0\"/>"),
        "{html}"
    );
    assert!(!html.contains("class=\"earlier\"") && said(&html).is_none());
    let row = |until, votes, share| {
        format!(
            "<th scope=\"row\">{until}</th><td class=\"n\">{votes}</td><td class=\"n\">{share}</td>"
        )
    };
    for row in [
        row("10\u{a0}h", 40, "10,0\u{a0}%"),
        row("11\u{a0}h", 100, "25,0\u{a0}%"),
    ] {
        assert!(html.contains(&row), "{row} is not in {html}");
    }
    let beside = Night {
        baseline: Some(&baseline),
        ..alone
    };
    let html = page(&beside, Stage::Counting, &[(9, 40), (10, 60), (11, 7)]);
    assert!(html.contains("class=\"earlier\""));
    // What is not known of today, and what was not counted then, is empty.
    let after = "<th scope=\"row\">20\u{a0}h</th><td class=\"n\"></td><td class=\"n\"></td><td class=\"n\">50,0\u{a0}%</td>";
    assert!(html.contains(after), "{html}");
    let before = "40</td><td class=\"n\">10,0\u{a0}%</td><td class=\"n\"></td>";
    assert!(html.contains(before), "{html}");
}

/// Days of voting: wider steps, with the day, and no more rows than people read.
#[test]
fn many_hours_make_a_short_table() {
    let event = event();
    let night = night(&event, Language::English);
    let hours: Vec<(i64, u64)> = (-400..20).map(|hour| (hour, 1)).collect();
    let html = page(&night, Stage::Counting, &hours);
    let rows = html.matches("<tr data-key=\"December").count();
    assert!((30..=38).contains(&rows), "{rows}");
    assert!(html.contains(">December 31, noon</th>"), "{html}");
    assert!(!html.contains("data-key=\"noon"));
}
