//! What a page may say in each stage of a count.

use election::Language;

use super::{ballot, certified, event, law_views, night, progress, region_view, seen, turnout};
use crate::PageContext;
use crate::results::{self, ElectionView, Night, Stage};

/// "Elected", seats and "on course to fail" once stood on pages while people voted.
#[test]
fn nobody_is_elected_and_nothing_passes_before_every_vote_is_counted() {
    let event = event();
    let night = Night {
        context: PageContext {
            event: &event,
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
