//! What pages say of numbers and of what is not there yet.

use election::{Event, Language};

use super::{
    OPEN_MS, ballot, event, law_views, night, progress, region_view, results_pages, seen,
    voter_pages,
};
use crate::PageContext;
use crate::results::{self, ElectionView, Stage};

#[test]
fn thresholds_are_said_in_per_cent_where_they_are_whole() {
    let event = event();
    let pages = |lang| {
        let view = &law_views(&Stage::Counting)[0];
        let night = night(&event, lang);
        let pages = event
            .laws()
            .map(|(ballot, law)| results::law(&night, ballot, law, view));
        pages.map(|page| page.html).collect::<String>()
    };
    let (french, english) = (pages(Language::French), pages(Language::English));
    assert!(french.contains("plus de 50\u{a0}%"), "{french}");
    assert!(english.contains("more than 50%"), "{english}");
    assert!(!french.contains("1/2") && !english.contains("1/2"));
}

/// "No votes" once stood where votes waited for their release.
#[test]
fn votes_that_wait_for_their_release_are_not_said_to_be_none() {
    let event = event();
    let ballot = ballot(&event, "E2025-QC");
    let election = ballot.election().expect("an election");
    for (votes, stage, says, never) in [
        (110, Stage::Counting, "Not counted yet", "No votes"),
        (0, Stage::Counting, "No votes", "Not counted yet"),
        (0, Stage::Preliminary, "No votes", "Not counted yet"),
    ] {
        let mut region = region_view(false, false);
        region.turnout.votes = votes;
        let view = ElectionView {
            progress: progress(stage),
            turnout: region.turnout,
            hours: Vec::new(),
            regions: vec![region],
            seen: seen(())[0].clone(),
        };
        let night = night(&event, Language::English);
        let page = results::election(&night, ballot, election, &view).html;
        assert!(page.contains(says) && !page.contains(never), "{page}");
    }
}

#[test]
fn footers_say_in_what_steps_results_are_shown() {
    let text = include_str!("../../../../fixtures/election.toml");
    for (steps, says) in [
        ("1", "it is for trying out"),
        ("7", "in steps of at least 7 votes"),
    ] {
        let text = text.replace("release_min = 1\n", &format!("release_min = {steps}\n"));
        let event = Event::from_toml(&text).expect("the example with another step");
        let context = PageContext {
            event: &event,
            logo: None,
            lang: Language::English,
            now_ms: OPEN_MS,
        };
        let pages = voter_pages(&context).into_iter();
        for page in pages.chain(results_pages(&context)) {
            let html = &page.html;
            let footer = html.split_once("<footer").map(|(_, footer)| footer);
            assert!(footer.is_none_or(|footer| footer.contains(says)), "{html}");
        }
    }
}
