//! What a page may say in each stage of a count.

use election::Language;

use super::{ballot, certified, event, law_views, night, progress, region_view, seen, turnout};
use crate::PageContext;
use crate::results::{
    self, AnswerCounts, ElectionView, LawCounts, LawView, Night, Progress, Seen, Stage,
};

/// "Elected", seats and "on course to fail" once stood on pages while people voted.
#[test]
fn nobody_is_elected_and_nothing_passes_before_every_vote_is_counted() {
    let event = event();
    let night = Night {
        context: PageContext {
            event: &event,
            logo: None,
            lang: Language::English,
            now_ms: 4_000_000_000_000,
        },
        ..night(&event, Language::English)
    };
    let [law, single] = ["L2025-002", "E2025-RG"].map(|id| ballot(&event, id));
    let election = single.election().expect("an election");
    let kind = law.law().expect("a law");
    for (stage, words, never) in [
        (
            Stage::Counting,
            ["Provisional results: counting", "Leading"],
            ["Elected<", "Passed"],
        ),
        (
            Stage::Preliminary,
            ["no signed statement", "Elected<"],
            ["Leading<", "certified:"],
        ),
        (
            certified(),
            ["Certified results: an officer", "Elected, certified<"],
            ["Leading<", "provisional results"],
        ),
    ] {
        let (view, seen) = (region_view(true, true), seen(()));
        let standing = progress(stage.clone());
        let region = results::region(&night, single, election, (&standing, &seen[0]), &view);
        let law_page = results::law(&night, law, kind, &law_views(&stage)[0]);
        let csv = results::election_csv(
            &night,
            single,
            election,
            &ElectionView {
                progress: standing,
                turnout: turnout(),
                hours: Vec::new(),
                regions: vec![view],
                seen: seen[0].clone(),
            },
        );
        let all = region.expect("a region").html + &law_page.html;
        for words in words {
            assert!(all.contains(words), "{words} is not in {stage:?}");
        }
        for words in never {
            assert!(!all.contains(words), "{words} is in {stage:?}");
        }
        let mark = if stage == Stage::Counting {
            "true,false,false,,counting"
        } else {
            "false,true,false,false,"
        };
        assert!(csv.contains(mark), "{csv}");
    }
}

/// "Counting is under way" once stood beside "kept secret" and "no vote yet".
#[test]
fn before_the_close_voting_is_under_way_and_not_counting() {
    let event = event();
    let law = ballot(&event, "L2025-002");
    let kind = law.law().expect("a law");
    let nothing = || Seen::Counts {
        counts: LawCounts::default(),
        updated_ms: None,
    };
    let some = LawCounts {
        total: AnswerCounts {
            oui: 1,
            ..AnswerCounts::default()
        },
        ..LawCounts::default()
    };
    let shown = Seen::Counts {
        counts: some,
        updated_ms: None,
    };
    let later = || Seen::Withheld {
        available_ms: law.closes,
    };
    for (now_ms, releases, seen, said) in [
        (law.opens - 1, 0, later(), "Voting has not begun"),
        (law.opens, 0, later(), "Voting is under way"),
        (law.opens, 0, Seen::Sealed, "Voting is under way"),
        (law.opens, 0, nothing(), "Voting is under way"),
        (law.opens, 1, shown, "Provisional results: counting"),
        (law.closes, 0, nothing(), "Provisional results: counting"),
    ] {
        let mut night = night(&event, Language::English);
        night.context.now_ms = now_ms;
        let view = LawView {
            progress: Progress {
                releases,
                ..progress(Stage::Counting)
            },
            turnout: turnout(),
            hours: Vec::new(),
            seen,
        };
        let html = results::law(&night, law, kind, &view).html;
        assert!(html.contains(said), "{said}: {html}");
    }
}

/// The same moment was December 31 in one line and January 1 in the next.
#[test]
fn a_close_at_midnight_has_one_date() {
    let event = event();
    let law = ballot(&event, "L2025-002");
    let night = night(&event, Language::English);
    for (after_ms, has, never) in [
        (0, "December 31, 2034, 11:59", "January 1"),
        (
            59_999,
            "Voting closed December 31, 2034, 11:59",
            "January 1",
        ),
        (
            60_000,
            "Voting closed January 1, 2035, 12:01",
            "December 31",
        ),
    ] {
        let mut view = law_views(&Stage::Preliminary).remove(0);
        view.progress.time_ms = Some(law.closes + after_ms);
        let html = results::law(&night, law, law.law().expect("a law"), &view).html;
        let html = html.replace('\u{a0}', " ");
        let standing = html.split("id=\"standing\"").nth(1).unwrap_or_default();
        let standing = standing.split("</strong>").next().unwrap_or_default();
        assert!(
            standing.contains(has) && !standing.contains(never),
            "{standing}"
        );
    }
}
