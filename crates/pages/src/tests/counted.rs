//! How much is counted, what is not known yet, and what a margin calls for.

use election::{Event, Language};

use super::{ballot, certified, event, law_views, lists, turnout};
use crate::results::{
    self, AnswerCounts, ElectionView, LawCounts, LawView, RegionView, Seen, Stage,
};

const COUNTED: &str = "Votes counted: 30 of 110 (27.3%).";

fn law_view(stage: &Stage, (oui, non): (u64, u64), recount: bool) -> LawView {
    LawView {
        seen: Seen::Counts {
            counts: LawCounts {
                total: AnswerCounts { oui, non, blanc: 0 },
                regions: None,
                recount,
            },
            updated_ms: None,
        },
        ..law_views(stage).remove(0)
    }
}

/// Two regions of the example: the first with these votes, the second with none.
fn election_view(stage: &Stage, votes: &[(u32, u64)], recount: bool) -> ElectionView {
    let first = RegionView {
        turnout: turnout(),
        recount,
        ..lists::region(1, votes, &[])
    };
    let second = RegionView {
        turnout: turnout(),
        ..lists::region(2, &[(6, 0)], &[])
    };
    ElectionView {
        turnout: turnout(),
        ..lists::view(stage.clone(), vec![first, second])
    }
}

/// The front page, the page of the ballot and of its first region, and the CSV.
fn election_pages(event: &Event, view: &ElectionView) -> [String; 4] {
    let single = ballot(event, "E2025-QC");
    let election = single.election().expect("an election");
    let night = super::night(event, Language::English);
    let page = |at: usize| {
        let standing = (&view.progress, &view.seen);
        results::region(&night, single, election, standing, &view.regions[at])
    };
    let [first, second] = [0, 1].map(|at| page(at).expect("a region of the event").html);
    [
        results::election(&night, single, election, view).html,
        first,
        second,
        results::election_csv(&night, single, election, view),
    ]
}

fn law_pages(event: &Event, view: &LawView) -> [String; 2] {
    let law = ballot(event, "L2025-002");
    let night = super::night(event, Language::English);
    [
        results::law(&night, law, law.law().expect("a law"), view).html,
        results::law_csv(&night, law, view),
    ]
}

/// "Total votes: 784,033" once stood below a turnout of 2,900,000.
#[test]
fn a_page_says_how_many_of_the_votes_are_counted_until_all_are() {
    let event = event();
    for (stage, is_said) in [(Stage::Counting, true), (Stage::Preliminary, false)] {
        let view = election_view(&stage, &[(1, 20), (2, 10)], false);
        let [whole, region, ..] = election_pages(&event, &view);
        let [law, _] = law_pages(&event, &law_view(&stage, (20, 10), false));
        for html in [&whole, &region, &law] {
            assert_eq!(html.contains(COUNTED), is_said, "{html}");
        }
        for html in [&whole, &region] {
            assert_eq!(html.contains("Total votes: 30."), !is_said, "{html}");
            assert_eq!(html.contains("Share of counted votes"), is_said, "{html}");
        }
        assert_eq!(law.contains("Total votes"), !is_said, "{law}");
        let summary = results::Summary::Law(law_view(&stage, (20, 10), false));
        let cards = results::index(&super::night(&event, Language::English), &[summary]);
        assert_eq!(cards.html.contains(COUNTED), is_said, "{}", cards.html);
    }
}

/// The JSON had `recount: true`, and no page said a word of it.
#[test]
fn a_recount_that_is_due_is_said_wherever_the_margin_is() {
    let event = event();
    for recount in [true, false] {
        let view = election_view(&certified(), &[(1, 50_003), (2, 49_997)], recount);
        let [whole, region, _, csv] = election_pages(&event, &view);
        let [law, law_csv] = law_pages(&event, &law_view(&certified(), (501, 500), recount));
        for html in [&region, &law] {
            assert_eq!(html.contains("Recount due: the margin"), recount, "{html}");
        }
        assert_eq!(whole.contains("Recount due</span>"), recount, "{whole}");
        for csv in [&csv, &law_csv] {
            assert_eq!(csv.contains(",true,certified,"), recount, "{csv}");
        }
        assert!(
            whole.contains(">0.01%<") && region.contains("by 6 votes (0.01%)"),
            "{whole}"
        );
    }
}

/// 0 is a number that somebody would publish.
#[test]
fn what_is_not_counted_yet_is_no_nought() {
    let event = event();
    for (stage, csv_has, page_has) in [
        (
            Stage::Counting,
            ",,false,false,false,,counting,",
            "<td class=\"n\">–</td>",
        ),
        (
            Stage::Preliminary,
            ",0,false,false,false,false,preliminary,",
            "<td class=\"n\">0</td>",
        ),
    ] {
        let view = election_view(&stage, &[(1, 20), (2, 10)], false);
        let [_, _, region, csv] = election_pages(&event, &view);
        let second = csv.lines().find(|line| line.starts_with("E2025-QC,2,"));
        assert!(second.is_some_and(|line| line.contains(csv_has)), "{csv}");
        assert!(region.contains(page_has), "{region}");
        assert!(csv.contains(",20,"), "{csv}");
    }
    let [_, csv] = law_pages(&event, &law_view(&Stage::Counting, (0, 0), false));
    assert!(csv.contains(",oui,,,counting,"), "{csv}");
    let tied = ElectionView {
        regions: vec![lists::region(1, &[(1, 20), (2, 20), (3, 5)], &[1, 2])],
        ..election_view(&Stage::Counting, &[], false)
    };
    let single = ballot(&event, "E2025-QC");
    let election = single.election().expect("an election");
    let night = super::night(&event, Language::English);
    let csv = results::election_csv(&night, single, election, &tied);
    assert_eq!(
        csv.matches(",false,false,true,,counting,").count(),
        2,
        "{csv}"
    );
}

/// A message passed on shows this line alone.
#[test]
fn what_is_passed_on_says_first_how_sure_it_is() {
    let event = event();
    for (stage, status) in [
        (Stage::Counting, "Provisional: "),
        (Stage::Preliminary, "Preliminary: "),
        (certified(), "Certified: "),
    ] {
        let [whole, region, ..] = election_pages(&event, &election_view(&stage, &[(1, 20)], false));
        let [law, _] = law_pages(&event, &law_view(&stage, (20, 10), false));
        for html in [whole, region, law] {
            let said = format!("\"og:description\" content=\"{status}");
            assert!(html.contains(&said), "{html}");
        }
    }
}

/// The second sheet of a region once had signatures under no name, ballot or result.
#[test]
fn a_sheet_names_what_it_is_of() {
    let event = event();
    let view = election_view(&certified(), &[(1, 20)], false);
    let [_, region, ..] = election_pages(&event, &view);
    let sheet = region.split("class=\"sheet\"").nth(1).expect("a sheet");
    let title = ballot(&event, "E2025-QC")
        .title
        .in_language(Language::English);
    for words in [
        title,
        "Bas-Saint-Laurent",
        "Certified: ",
        "is elected by 20 votes",
    ] {
        assert!(sheet.contains(words), "{words}: {sheet}");
    }
}
