//! Renders every page in every state, and checks what all pages promise.

mod counted;
mod headlines;
mod help;
mod hours;
mod kept;
mod law_regions;
mod lists;
mod logo;
mod newsroom;
mod picture;
mod proofs;
mod releases;
mod said;
mod stages;
mod witnesses;

use election::{Ballot, Choice, Event, Language};

use crate::results::{
    AnswerCounts, Asked, CandidateVotes, ElectionView, LawCounts, LawView, Night, Progress,
    RegionAnswers, RegionView, Round, Rounds, Seen, Show, Stage, Summary, Turnout,
};
use crate::voter::{
    self, Activity, CheckFault, CredentialFault, End, MarkedBallot, Marks, TriesLeft,
};
use crate::{
    Astray, ClusterTable, MonitorHistory, Page, PageContext, Program, Watched, asset, assets,
    astray, cluster_tables, monitor, results,
};
use help::is_of_authority;
use picture::picture;
use proofs::{proof, proof_without_witnesses, receipt};
use witnesses::{checked, is_witness};

/// The example event of the repository.
pub(crate) fn event() -> Event {
    let text = include_str!("../../../fixtures/election.toml");
    Event::from_toml(text).expect("the example event is valid")
}

/// While the example's ballots are open.
const OPEN_MS: i64 = 1_763_771_400_000;
const RECEIPT: &str = "0-1234-0123456789abcdefghjkmnpqrs";

/// Nothing beside the page itself.
static NOTHING_ASKED: Asked = Asked {
    search: String::new(),
    show: Show::All,
    round: None,
};

/// What results pages are rendered for while the ballots are open, with nothing that may be left out.
fn night(event: &Event, lang: Language) -> Night<'_> {
    Night {
        context: PageContext {
            event,
            logo: None,
            lang,
            now_ms: OPEN_MS,
        },
        stream: None,
        embed: false,
        asked: &NOTHING_ASKED,
        geometry: None,
        baseline: None,
        snapshot: None,
    }
}

fn ballot<'a>(event: &'a Event, id: &str) -> &'a Ballot {
    event.ballot(id).expect("an example ballot")
}

fn review(
    context: &PageContext<'_>,
    ballot: &Ballot,
    region: u16,
    choice: &Choice,
    faults: &[CredentialFault],
) -> Page {
    let marked = MarkedBallot {
        ballot,
        region,
        choice,
        key: "0123456789abcdef0123456789abcdef",
    };
    let tries_left = faults.first().map(|_| TriesLeft {
        count: 1,
        pause_s: 360,
    });
    voter::review(context, &marked, faults, tries_left)
}

fn voter_pages(context: &PageContext<'_>) -> Vec<Page> {
    let law = ballot(context.event, "L2025-002");
    let single = ballot(context.event, "E2025-QC");
    let ranked = ballot(context.event, "E2025-RG");
    let closed = ballot(context.event, "L2024-009");
    let early = PageContext {
        now_ms: 0,
        ..*context
    };
    let mut pages = vec![
        voter::home(context),
        voter::home(&early),
        voter::own_ballot(context, ranked, 2),
        review(context, law, 0, &Choice::Blanc, &[]),
        review(
            context,
            law,
            0,
            &Choice::Oui,
            &[CredentialFault::NasMissing, CredentialFault::CodeMalformed],
        ),
        review(
            context,
            ranked,
            1,
            &Choice::Ranking(vec![2, 1]),
            &[CredentialFault::NotRecognised],
        ),
        receipt(context, None),
        receipt(context, Some(&proof(true))),
        receipt(context, Some(&proof(false))),
        receipt(context, Some(&proof_without_witnesses())),
        voter::check(context, None),
        voter::check(context, Some(("\"><script>", CheckFault::Malformed))),
        voter::check(context, Some((RECEIPT, CheckFault::Unknown))),
        astray(context, Program::Validator, Astray::NoSuchPage),
        astray(context, Program::Tally, Astray::OtherMethod),
    ];
    pages.extend(kept::marked_pages(context, [law, single, ranked]));
    for (context, ballot) in [(context, closed), (&early, law)] {
        pages.push(voter::mark(context, ballot, &Marks::default(), None));
    }
    for end in [
        End::Duplicate { attempt_count: 2 },
        End::NotOpen { opens_ms: OPEN_MS },
        End::Closed { closed_ms: OPEN_MS },
        End::TooManyRepeats { retry_after_s: 600 },
        End::TooManyRequests { retry_after_s: 60 },
        End::TooManyTries { retry_after_s: 600 },
        End::Busy { retry_after_s: 1 },
        End::Unsure { retry_after_s: 1 },
        End::Failed { retry_after_s: 5 },
        End::NotInRegion,
        End::FromOtherSite,
        End::Broken,
    ] {
        let casting = Activity::Casting {
            ballot: law,
            marked: Some((0, &Choice::Blanc)),
        };
        let page = voter::ended(context, casting, &end);
        assert_eq!(page.status, end.status());
        pages.push(page);
        pages.push(voter::ended(context, Activity::Looking, &end));
        pages.push(voter::ended(context, Activity::Checking, &end));
    }
    pages
}

fn turnout() -> Turnout {
    Turnout {
        votes: 110,
        registered: 400,
    }
}

fn seen<T>(counts: T) -> [Seen<T>; 3] {
    let shown = Seen::Counts {
        counts,
        updated_ms: Some(OPEN_MS),
    };
    let withheld = Seen::Withheld {
        available_ms: OPEN_MS,
    };
    [shown, withheld, Seen::Sealed]
}

fn region_view(shown: bool, ranked: bool) -> RegionView {
    let votes = |number, votes, wins| CandidateVotes {
        number,
        votes,
        wins,
    };
    let round = |counts: &[(u32, u64)], exhausted| Round {
        counts: counts.to_vec(),
        threshold: Some(56),
        winners: if counts.len() == 2 { vec![1] } else { vec![] },
        eliminated: if counts.len() == 3 { vec![3] } else { vec![] },
        exhausted,
    };
    RegionView {
        region: 1,
        turnout: turnout(),
        candidates: match shown {
            true => vec![votes(1, 50, true), votes(2, 40, false), votes(3, 20, false)],
            false => vec![],
        },
        tied: vec![],
        recount: false,
        rounds: (shown && ranked).then(|| Rounds {
            decimals: 0,
            rounds: vec![
                round(&[(1, 50), (2, 40), (3, 20)], 0),
                round(&[(1, 65), (2, 40)], 5),
            ],
        }),
    }
}

fn progress(stage: Stage) -> Progress {
    Progress {
        position: "17".to_owned(),
        time_ms: Some(OPEN_MS),
        releases: 12,
        checked: match stage {
            Stage::Counting => None,
            Stage::Preliminary => Some(checked(&[Some(12), None, Some(7)])),
            Stage::Certified { .. } => Some(checked(&[None, Some(90), None])),
        },
        stage,
    }
}

fn certified() -> Stage {
    Stage::Certified {
        statement_sha256: "ab".repeat(32),
    }
}

fn law_views(stage: &Stage) -> Vec<LawView> {
    let answers = AnswerCounts {
        oui: 60,
        non: 40,
        blanc: 10,
    };
    let counts = |regions| LawCounts {
        total: answers,
        regions,
        recount: false,
    };
    let shown = |counts| Seen::Counts {
        counts,
        updated_ms: None,
    };
    let regions = vec![RegionAnswers { region: 1, answers }];
    let views = seen(counts(Some(regions))).into_iter();
    let views = views.chain([shown(counts(None)), shown(LawCounts::default())]);
    views
        .map(|seen| LawView {
            progress: progress(stage.clone()),
            turnout: turnout(),
            hours: Vec::new(),
            seen,
        })
        .collect()
}

fn results_pages(context: &PageContext<'_>) -> Vec<Page> {
    let mut pages = Vec::new();
    for (stage, embed) in [
        (Stage::Counting, false),
        (Stage::Counting, true),
        (Stage::Preliminary, false),
        (certified(), false),
    ] {
        let night = Night {
            context: *context,
            stream: Some("/api/v1/stream"),
            embed,
            ..night(context.event, context.lang)
        };
        let law = ballot(context.event, "L2025-002");
        let kind = law.law().expect("a law");
        for view in law_views(&stage) {
            pages.push(results::law(&night, law, kind, &view));
        }
        for (id, ranked) in [("E2025-QC", false), ("E2025-RG", true)] {
            let ballot = ballot(context.event, id);
            let election = ballot.election().expect("an election");
            for seen in seen(()) {
                let region = region_view(seen.counts().is_some(), ranked);
                let progress = progress(stage.clone());
                let standing = (&progress, &seen);
                pages.extend(results::region(&night, ballot, election, standing, &region));
                let view = ElectionView {
                    progress,
                    turnout: turnout(),
                    hours: Vec::new(),
                    regions: vec![region],
                    seen,
                };
                pages.push(results::election(&night, ballot, election, &view));
            }
        }
        let summaries: Vec<Summary> = law_views(&stage)
            .into_iter()
            .take(3)
            .map(Summary::Law)
            .collect();
        pages.push(results::index(&night, &summaries));
    }
    pages
}

/// The monitor of a program that has taken no sample yet.
fn monitor_page(context: &PageContext<'_>, program: Program, tables: &[ClusterTable]) -> Page {
    let watched = Watched {
        history: &MonitorHistory::new(program),
        ready: false,
        tables,
    };
    monitor(context, &watched)
}

/// Every page of the crate, in both languages.
fn all_pages() -> Vec<(Language, Page)> {
    let event = event();
    let mut pages = Vec::new();
    for lang in Language::ALL {
        let context = PageContext {
            event: &event,
            logo: None,
            lang,
            now_ms: OPEN_MS,
        };
        let tables = cluster_tables(&context, &picture());
        let monitors = [(Program::Validator, &tables[..]), (Program::Tally, &[])];
        let monitors = monitors.map(|(program, tables)| monitor_page(&context, program, tables));
        let all = voter_pages(&context)
            .into_iter()
            .chain(results_pages(&context));
        pages.extend(all.chain(monitors).map(|page| (lang, page)));
    }
    pages
}

/// Values of an attribute, in order.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    html.split(&format!(" {attribute}=\""))
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

#[test]
fn every_page_keeps_the_policy() {
    for (lang, page) in all_pages() {
        let html = &page.html;
        assert!(html.contains(&format!("<html lang=\"{}\">", lang.tag())));
        assert!(!page.csp.contains("unsafe"));
        for banned in [
            " style=\"",
            "<style",
            " onclick",
            " onload",
            "javascript:",
            "//cdn",
        ] {
            assert!(!html.contains(banned), "{banned}");
        }
        for script in html.split("<script").skip(1) {
            let opening = script.split('>').next().unwrap_or_default();
            let data = opening.contains("application/json");
            assert!(data || opening.contains("src=\"/assets/"), "{opening}");
        }
        for path in values(html, "src").into_iter().chain(values(html, "href")) {
            let name = path.strip_prefix(crate::ASSET_PREFIX);
            assert!(name.is_none_or(|name| asset(name).is_some()), "{path}");
            let foreign = !path.starts_with(['/', '#']);
            let named = is_witness(html, path) || is_of_authority(path);
            assert!(!foreign || named, "{path} leads elsewhere");
        }
    }
}

#[test]
fn every_page_has_one_title_one_heading_and_unique_ids() {
    for (_, page) in all_pages() {
        let html = &page.html;
        let head = html.split("</head>").next().unwrap_or_default();
        assert_eq!(head.matches("<title>").count(), 1);
        assert_eq!(html.matches("<h1").count(), 1, "{}", html);
        let mut ids = values(html, "id");
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count, "an id stands twice");
        for target in values(html, "href")
            .iter()
            .filter_map(|href| href.strip_prefix('#'))
        {
            assert!(ids.contains(&target), "#{target} leads nowhere");
        }
    }
}

#[test]
fn every_link_and_form_keeps_the_language() {
    for (lang, page) in all_pages() {
        for path in values(&page.html, "href")
            .into_iter()
            .chain(values(&page.html, "action"))
        {
            let plain = ["#", "/api/", crate::ASSET_PREFIX];
            let plain = plain.iter().any(|start| path.starts_with(start));
            let get_form = page
                .html
                .contains(&format!("method=\"get\" action=\"{path}\""));
            let language = path.contains("lang=fr") || path.contains("lang=en");
            let known = plain || get_form || is_witness(&page.html, path) || is_of_authority(path);
            assert!(known || language, "{lang:?}: {path}");
        }
        let inputs = page
            .html
            .matches("<input type=\"hidden\" name=\"lang\"")
            .count();
        assert_eq!(inputs, page.html.matches("method=\"get\"").count());
    }
}

#[test]
fn what_the_policy_hides_is_on_no_page() {
    let event = event();
    let night = night(&event, Language::English);
    let law = ballot(&event, "L2025-002");
    let view = &law_views(&Stage::Counting)[1];
    let page = results::law(&night, law, law.law().expect("a law"), view);
    assert!(page.html.contains("Only turnout is shown"));
    assert!(!page.html.contains("Yes"), "an answer has no place here");
}

#[test]
fn a_law_without_regions_shows_its_total_and_no_verdict_that_needs_them() {
    let event = event();
    let night = night(&event, Language::English);
    let ballot = ballot(&event, "L2025-002");
    let law = ballot.law().expect("a law");
    let views = law_views(&Stage::Preliminary);
    let by_region = results::law(&night, ballot, law, &views[0]).html;
    let total = results::law(&night, ballot, law, &views[3]).html;
    assert!(by_region.contains("data-rows") && by_region.contains("class=\"verdict"));
    assert!(total.contains("60.0%"));
    assert!(!total.contains("data-rows") && !total.contains("class=\"verdict"));
    let csv = results::law_csv(&night, ballot, &views[3]);
    let line = "L2025-002,,,oui,60,false,preliminary,17,2025-11-22T";
    assert!(csv.contains(line), "{csv}");
}

#[test]
fn texts_from_outside_are_escaped() {
    let mut event = event();
    event.title.en = "<script>alert(1)</script>".to_owned();
    let context = PageContext {
        event: &event,
        logo: None,
        lang: Language::English,
        now_ms: OPEN_MS,
    };
    let asked = ("\"><script>alert(1)</script>", CheckFault::Malformed);
    for page in [voter::home(&context), voter::check(&context, Some(asked))] {
        assert!(!page.html.contains("<script>alert"));
    }
}

/// What a voter's browser fetches for the heaviest page: the document as it is, the rest compressed.
#[test]
fn the_voters_page_weighs_at_most_60_kb_on_the_wire() {
    let event = event();
    let context = PageContext {
        event: &event,
        logo: None,
        lang: Language::French,
        now_ms: OPEN_MS,
    };
    let document = voter_pages(&context)
        .iter()
        .map(|p| p.html.len())
        .max()
        .unwrap_or(0);
    let others = ["results.", "regions.", "opened.", "patch.", "monitor."];
    let voter = |name: &str| !others.iter().any(|p| name.starts_with(p));
    let rest: usize = assets()
        .filter(|a| voter(a.name))
        .map(|a| a.gzip.len())
        .sum();
    println!("document {document} bytes, its assets {rest} bytes (gzip)");
    assert!(document + rest <= 60_000, "{document} + {rest}");
}
