//! What newsrooms find on the pages, and pages that are files.

use election::{Event, Language};

use super::{ballot, certified, event, law_views, progress, region_view, turnout, values};
use crate::results::{self, Asked, ElectionView, Night, Seen, Snapshot, Stage};
use crate::{Astray, EMBED_CSP, EMBED_SCRIPT, Program, SNAPSHOT_CSP, astray};

const ORIGIN: &str = "https://results.example";

fn night<'a>(event: &'a Event, asked: &'a Asked, lang: Language) -> Night<'a> {
    Night {
        stream: Some("/api/v1/stream"),
        asked,
        ..super::night(event, lang)
    }
}

fn law_page(night: &Night<'_>) -> String {
    let ballot = ballot(night.context.event, "L2025-002");
    let view = &law_views(&Stage::Counting)[0];
    results::law(night, ballot, ballot.law().expect("a law"), view).html
}

/// An election with one ranked region, and the page of that region.
fn election_pages(night: &Night<'_>) -> [String; 2] {
    let ballot = ballot(night.context.event, "E2025-RG");
    let election = ballot.election().expect("an election");
    let seen = Seen::Counts {
        counts: (),
        updated_ms: None,
    };
    let view = ElectionView {
        progress: progress(certified()),
        turnout: turnout(),
        hours: Vec::new(),
        regions: vec![region_view(true, true)],
        seen,
    };
    let standing = (&view.progress, &view.seen);
    let region = results::region(night, ballot, election, standing, &view.regions[0]);
    let region = region.expect("a region of the event");
    let whole = results::election(night, ballot, election, &view);
    [whole.html, region.html]
}

#[test]
fn newsrooms_find_data_and_lines_to_copy() {
    let (event, asked) = (event(), Asked::default());
    let night = night(&event, &asked, Language::French);
    let [election, region] = election_pages(&night);
    for (html, path, json) in [
        (
            law_page(&night),
            "/ballots/L2025-002",
            "/api/v1/results/L2025-002",
        ),
        (election, "/ballots/E2025-RG", "/api/v1/elections/"),
        (
            region,
            "/ballots/E2025-RG/regions/1",
            "/regions/1/results\"",
        ),
    ] {
        assert!(html.contains("Pour les médias"));
        assert!(html.contains(json), "{json}");
        assert!(html.contains(&format!("href=\"/embed{path}?lang=fr\"")));
        for copied in [
            format!("iframe src=&#34;{ORIGIN}/embed{path}?lang=fr&#34;"),
            format!("script src=&#34;{ORIGIN}{EMBED_SCRIPT}&#34; async"),
        ] {
            assert!(html.contains(&copied), "{copied} in {html}");
        }
        let canonical = format!("<link rel=\"canonical\" href=\"{ORIGIN}{path}?lang=fr\">");
        assert!(html.contains(&canonical), "{canonical}");
        let any = format!("hreflang=\"x-default\" href=\"{ORIGIN}{path}\"");
        assert!(html.contains(&any), "{any}");
    }
}

#[test]
fn where_nobody_says_where_results_are_no_address_is_made_up() {
    let mut event = event();
    event.authority = None;
    let html = law_page(&night(&event, &Asked::default(), Language::English));
    assert!(html.contains("For newsrooms") && !html.contains("<pre"));
    assert!(!html.contains("canonical") && !html.contains("og:url"));
}

#[test]
fn pages_that_are_files_lead_to_files_and_connect_to_nothing() {
    let (event, asked) = (event(), Asked::default());
    for lang in Language::ALL {
        for (path, nth) in [
            ("/ballots/L2025-002", 0),
            ("/ballots/E2025-RG", 1),
            ("/ballots/E2025-RG/regions/1", 2),
        ] {
            let snapshot = Snapshot {
                path,
                position: "0/17 1/33",
                time_ms: Some(super::OPEN_MS),
            };
            let night = Night {
                snapshot: Some(&snapshot),
                ..night(&event, &asked, lang)
            };
            let [election, region] = election_pages(&night);
            let html = [law_page(&night), election, region].into_iter().nth(nth);
            let html = html.expect("three pages");
            let living = format!("{ORIGIN}{path}?lang={}", lang.tag());
            assert!(html.contains(&living), "{living}");
            assert!(html.contains("0/17 1/33"), "{html}");
            assert!(html.contains(&format!(
                "content=\"{}\"",
                SNAPSHOT_CSP.replace('\'', "&#39;")
            )));
            assert!(!html.contains("data-stream") && !html.contains("id=\"connection\""));
            for link in ["href", "src", "action"]
                .iter()
                .flat_map(|name| values(&html, name))
            {
                let stays = link.starts_with('#') || link.starts_with("https://");
                assert!(
                    stays || link.starts_with("tel:") || !link.starts_with('/'),
                    "{link}"
                );
                assert!(
                    link.starts_with("https://") || !link.contains('?'),
                    "{link}"
                );
            }
        }
    }
}

/// It once had the policy of pages, so a newsroom's frame showed the browser's own page of refusal.
#[test]
fn a_view_that_is_not_there_says_so_within_the_frame() {
    let (event, asked) = (event(), Asked::default());
    let context = night(&event, &asked, Language::English).context;
    let view = astray(&context, Program::Tally, Astray::NoSuchView);
    assert_eq!((view.status, view.csp), (404, EMBED_CSP));
    assert!(!view.html.contains("masthead"));
    let page = astray(&context, Program::Tally, Astray::NoSuchPage);
    assert_ne!(page.csp, EMBED_CSP);
}
