//! The list of regions and the stepper through rounds: by forms and links, without any script.

use companions::builder;
use election::{Event, Language};

use super::{OPEN_MS, all_pages, ballot, certified, event, progress, values};
use crate::results::{
    self, Asked, CandidateVotes, ElectionView, HourVotes, Night, RegionView, Round, Rounds, Seen,
    Stage, Turnout,
};
use crate::{Form, assets};

pub(super) fn asked(query: &str) -> Asked {
    Asked::of(&Form::parse(query.as_bytes()).expect("a query"))
}

pub(super) fn night<'a>(event: &'a Event, asked: &'a Asked) -> Night<'a> {
    Night {
        asked,
        ..super::night(event, Language::French)
    }
}

pub(super) fn view(stage: Stage, regions: Vec<RegionView>) -> ElectionView {
    let votes = |region: &RegionView| region.turnout.votes;
    ElectionView {
        progress: progress(stage),
        turnout: Turnout {
            votes: regions.iter().map(votes).sum(),
            registered: 6_000_000,
        },
        hours: Vec::new(),
        regions,
        seen: Seen::Counts {
            counts: (),
            updated_ms: Some(OPEN_MS),
        },
    }
}

pub(super) fn region(number: u16, votes: &[(u32, u64)], tied: &[u32]) -> RegionView {
    let most = votes.iter().map(|(_, votes)| *votes).max();
    let wins = |votes| tied.is_empty() && Some(votes) == most && votes > 0;
    let candidates = votes.iter().map(|(number, votes)| CandidateVotes {
        number: *number,
        votes: *votes,
        wins: wins(*votes),
    });
    RegionView {
        region: number,
        turnout: Turnout {
            votes: votes.iter().map(|(_, votes)| *votes).sum::<u64>() + 7,
            registered: 48_000,
        },
        candidates: candidates.collect(),
        tied: tied.to_vec(),
        recount: false,
        rounds: None,
    }
}

/// Regions 1 to 4 of the example: far ahead, close, tied, and nothing counted.
fn four(event: &Event) -> Vec<RegionView> {
    let election = ballot(event, "E2025-QC").election().expect("an election");
    let of = |region: u16| {
        let numbers = election.candidates_of(region).map(|c| c.number);
        numbers.take(2).collect::<Vec<u32>>()
    };
    let votes = |number: u16, first, second| {
        let standing = of(number);
        [(standing[0], first), (standing[1], second)]
    };
    vec![
        region(1, &votes(1, 900, 100), &[]),
        region(2, &votes(2, 510, 490), &[]),
        region(3, &votes(3, 500, 500), &of(3)),
        region(4, &votes(4, 0, 0), &[]),
    ]
}

/// Numbers of the regions in the table, and whether each is shown.
fn rows(html: &str) -> Vec<(u16, bool)> {
    let rows = html.split("<tr data-region=\"").skip(1);
    rows.map(|row| {
        let opening = row.split('>').next().unwrap_or_default();
        let number = opening.split('"').next().and_then(|n| n.parse().ok());
        (number.expect("a number"), !opening.ends_with(" hidden"))
    })
    .collect()
}

#[test]
fn the_closest_regions_stand_first_and_the_address_filters_them() {
    let event = event();
    let single = ballot(&event, "E2025-QC");
    let election = single.election().expect("an election");
    for (query, shown) in [
        ("", &[3, 2, 1, 4][..]),
        ("show=closest", &[3, 2]),
        ("show=tied", &[3]),
        ("show=unreleased", &[4]),
        ("q=bas-saint", &[1]),
        ("q=MONTREAL", &[]),
        ("q=LAVAL&show=tied", &[]),
        ("q=parti+b", &[3, 2, 1, 4]),
        ("q=candidat-01", &[1]),
    ] {
        let asked = asked(query);
        let view = view(Stage::Counting, four(&event));
        let html = results::election(&night(&event, &asked), single, election, &view).html;
        let rows = rows(&html);
        let order: Vec<u16> = rows.iter().map(|(number, _)| *number).collect();
        assert_eq!(order, [3, 2, 1, 4], "{query}");
        let found: Vec<u16> = rows.iter().filter(|r| r.1).map(|r| r.0).collect();
        assert_eq!(found, shown, "{query}");
        let nothing = html.contains("class=\"nothing-found\">");
        assert_eq!(nothing, shown.is_empty(), "{query}");
        assert!(html.contains("Pas encore dépouillé"), "{html}");
        // The form says what was asked, and so does the link to the other language.
        let body = html.split("<body").nth(1).unwrap_or_default();
        let switch = values(body, "href");
        let switch = switch.iter().find(|href| href.ends_with("lang=en"));
        assert!(switch.is_some_and(|href| href.contains(&asked.query().replace('&', "&#38;"))));
    }
    let searched = asked("q=%22%3E%3Cscript%3E");
    let view = view(Stage::Counting, four(&event));
    let html = results::election(&night(&event, &searched), single, election, &view).html;
    assert!(!html.contains("\"><script>"), "a search is escaped");
}

#[test]
fn the_three_marks_are_told_apart_by_words_and_form() {
    let event = event();
    let single = ballot(&event, "E2025-QC");
    let election = single.election().expect("an election");
    for (stage, mark, status, seal, hollow) in [
        (
            Stage::Counting,
            "leader-leading\">En tête",
            "Provisoire",
            false,
            true,
        ),
        (
            Stage::Preliminary,
            "leader-elected\">Élu(e)",
            "Préliminaire",
            false,
            false,
        ),
        (certified(), "Élu(e), certifié", "Certifié", true, false),
    ] {
        let view = view(stage, four(&event));
        let html = results::election(&night(&event, &asked("")), single, election, &view).html;
        assert!(html.contains(mark) && html.contains(status), "{mark}");
        assert_eq!(html.contains("href=\"#seal\""), seal, "{mark}");
        let sha256 = "ab".repeat(32);
        for file in ["json", "json.minisig"] {
            let address = format!("href=\"/statements/{sha256}.{file}?lang=fr\"");
            assert_eq!(html.contains(&address), seal, "{mark}");
        }
        assert_eq!(html.contains("class=\"hollow\""), hollow, "{mark}");
        assert!(html.contains("class=\"mark-words\">3 pour la majorité</text>"));
    }
}

fn ranked_page(event: &Event, query: &str) -> String {
    let ranked = ballot(event, "E2025-RG");
    let election = ranked.election().expect("an election");
    let numbers: Vec<u32> = election.candidates_of(1).map(|c| c.number).collect();
    let round = |counts: &[u64], exhausted, winners: &[u32], eliminated: &[u32]| Round {
        counts: numbers
            .iter()
            .copied()
            .zip(counts.iter().copied())
            .collect(),
        threshold: Some(56),
        winners: winners.to_vec(),
        eliminated: eliminated.to_vec(),
        exhausted,
    };
    let mut view = region(
        1,
        &[(numbers[0], 50), (numbers[1], 40), (numbers[2], 20)],
        &[],
    );
    view.rounds = Some(Rounds {
        decimals: 0,
        rounds: vec![
            round(&[50, 40, 20], 0, &[], &[numbers[2]]),
            round(&[65, 40], 5, &[numbers[0]], &[]),
        ],
    });
    let asked = asked(query);
    let seen = Seen::Counts {
        counts: (),
        updated_ms: None,
    };
    let standing = (&progress(Stage::Counting), &seen);
    let page = results::region(&night(event, &asked), ranked, election, standing, &view);
    page.expect("a region").html
}

#[test]
fn rounds_are_stepped_through_by_links() {
    let event = event();
    let all = ranked_page(&event, "");
    assert!(all.contains("/ballots/E2025-RG/regions/1?round=2&#38;lang=fr#rounds"));
    assert_eq!(all.matches("class=\"flow-label\"").count(), 2);
    assert!(!all.contains("class=\"round-said\"") && !all.contains("rel=\"next\""));
    let first = ranked_page(&event, "round=1");
    assert!(first.contains("aria-current=\"step\""));
    assert!(
        first.contains("Tour 1 sur 2. Éliminé(e)\u{a0}: C. Candidat-03 (20)."),
        "{first}"
    );
    assert!(
        first.contains("A. Candidat-01 +15. Épuisés, faute d’autre choix marqué\u{a0}: 5."),
        "{first}"
    );
    assert!(first.contains("rel=\"next\"") && !first.contains("rel=\"prev\""));
    assert!(first.contains(">Candidat-01</text>") && first.contains(">50</text>"));
    let last = ranked_page(&event, "round=2");
    assert_eq!(last.matches("class=\"flow-label\"").count(), 1);
    assert!(last.contains("rel=\"prev\"") && !last.contains("rel=\"next\""));
    let beyond = ranked_page(&event, "round=3");
    assert!(!beyond.contains("class=\"round-said\""));
}

#[test]
fn sums_that_do_not_add_up_are_explained() {
    let event = event();
    let single = ballot(&event, "E2025-QC");
    let election = single.election().expect("an election");
    let view = view(Stage::Counting, four(&event));
    let html = results::election(&night(&event, &asked("")), single, election, &view).html;
    for words in [
        "28 votes font partie de la participation sans être encore comptés",
        "Sièges que personne n’a\u{a0}: 2. Circonscriptions à égalité\u{a0}: 1\u{a0}; circonscriptions sans vote compté\u{a0}: 1.",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(ranked_page(&event, "").contains("Ce tableau montre les premiers choix."));
}

/// Whoever shares a page of results shows its headline, in the language of the page.
#[test]
fn results_say_in_their_head_what_they_are_and_in_which_languages() {
    let mut with_description = 0;
    for (lang, page) in all_pages() {
        let head = page.html.split("</head>").next().unwrap_or_default();
        let is_results = head.contains("src=\"/assets/results.");
        assert_eq!(head.contains("property=\"og:description\""), is_results);
        if !is_results {
            continue;
        }
        with_description += 1;
        assert!(head.contains(&format!("content=\"{}_CA\"", lang.tag())));
        let alternates: Vec<&str> = head.split("hreflang=\"").skip(1).collect();
        let tags = alternates.iter().filter_map(|rest| rest.split('"').next());
        let tags: Vec<&str> = tags.collect();
        assert_eq!(tags, ["fr", "en", "x-default"]);
    }
    assert!(with_description > 20);
}

/// The whole front page of a night of 125 regions: document, styles and modules, as they are sent.
#[test]
fn the_results_of_125_regions_weigh_at_most_60_kb_on_the_wire() {
    let text = include_str!("../../../../fixtures/election-125.toml");
    let event = Event::from_toml(text).expect("the example event is valid");
    let ballot = event
        .ballots()
        .iter()
        .find(|ballot| ballot.election().is_some());
    let ballot = ballot.expect("an election of 125 regions");
    let election = ballot.election().expect("an election");
    let mut state = 1_u64;
    let mut number = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % 20_000
    };
    let regions = election.regions().iter().map(|of| {
        let votes = election.candidates_of(*of).map(|c| (c.number, number()));
        region(*of, &votes.collect::<Vec<(u32, u64)>>(), &[])
    });
    let mut view = view(certified(), regions.collect());
    view.hours = (1..=12)
        .map(|hour| HourVotes {
            start_ms: ballot.closes - hour * 3_600_000,
            votes: 100_000,
            is_full: true,
        })
        .rev()
        .collect();
    let everything = include_bytes!("../../../../fixtures/regions-125.geojson");
    let geometry = builder::geometry(everything, &event)
        .expect("regions")
        .geometry;
    let votes = include_bytes!("../../../../fixtures/baseline-125.csv");
    let day = jiff::civil::date(2021, 10, 4);
    let baseline = builder::baseline(votes, &event, event.title.clone(), day).expect("votes");
    let hours = include_bytes!("../../../../fixtures/turnout-125.csv");
    let baseline = builder::with_turnout(hours, &event, baseline).expect("hours");
    let nothing = asked("");
    let night = Night {
        geometry: Some(&geometry),
        baseline: Some(&baseline),
        ..night(&event, &nothing)
    };
    let html = results::election(&night, ballot, election, &view).html;
    for part in [
        "class=\"map\"",
        "class=\"against\"",
        "class=\"earlier\"",
        "class=\"gain\"",
    ] {
        assert!(html.contains(part), "{part}");
    }
    let mut sent = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 5,
        ..Default::default()
    };
    brotli::BrotliCompress(&mut html.as_bytes(), &mut sent, &parameters).expect("a Vec takes all");
    let modules = [
        "results.", "regions.", "opened.", "patch.", "delta.", "texts.", "style.", "icon.",
    ];
    let files = assets().filter(|a| modules.iter().any(|name| a.name.starts_with(name)));
    let files: usize = files.map(|a| a.brotli.len()).sum();
    assert!(sent.len() + files <= 30_000, "{} + {files}", sent.len());
}

/// Who is first where stands in each picture as it stands in the list; without a geometry, tiles stand for them.
#[test]
fn pictures_of_the_regions_say_what_the_list_says() {
    let event = event();
    let drawn = builder::geometry(
        include_bytes!("../../../../fixtures/regions.geojson"),
        &event,
    );
    let geometry = drawn.expect("the example's regions").geometry;
    let single = ballot(&event, "E2025-QC");
    let election = single.election().expect("an election");
    let nothing = asked("");
    let drawn = |geometry, stage, regions| {
        let night = Night {
            geometry,
            ..night(&event, &nothing)
        };
        results::election(&night, single, election, &view(stage, regions)).html
    };
    let html = drawn(Some(&geometry), Stage::Counting, four(&event));
    assert!(!html.contains("class=\"tiles\""));
    let pictures: Vec<&str> = html.split("<svg class=\"map\"").skip(1).collect();
    assert_eq!(pictures.len(), 2, "a cartogram and a map");
    for picture in pictures {
        let picture = picture.split("</svg>").next().unwrap_or_default();
        for (region, standing) in [
            (1, "leader-leading"),
            (3, "leader-tied"),
            (4, "area-nobody"),
        ] {
            let area = format!("tabindex=\"-1\" data-region=\"{region}\" class=\"{standing}\">");
            assert!(picture.contains(&area), "{area} is not in {picture}");
        }
        assert_eq!(picture.matches("<path d=").count(), 4, "{picture}");
    }
    let html = drawn(Some(&geometry), Stage::Preliminary, four(&event));
    assert!(html.contains("data-region=\"1\" class=\"leader-elected\">"));
    let html = drawn(None, Stage::Counting, four(&event));
    assert!(html.contains("class=\"tiles\"") && !html.contains("class=\"map\""));
}

/// Like is compared with like: the earlier votes of regions without counted votes are left out.
#[test]
fn parties_are_compared_with_what_they_had_in_the_counted_regions() {
    let event = event();
    let votes = "ballot,region,party,votes,seats\n";
    let rows = (1..=6).map(|region| {
        let (seats, other) = if region < 3 { (1, 0) } else { (0, 1) };
        format!("E2025-QC,{region},PA,600,{seats}\nE2025-QC,{region},PB,400,{other}\n")
    });
    let csv = format!("{votes}{}", rows.collect::<String>());
    let day = jiff::civil::date(2021, 10, 4);
    let earlier = builder::baseline(csv.as_bytes(), &event, event.title.clone(), day);
    let earlier = earlier.expect("earlier results");
    let single = ballot(&event, "E2025-QC");
    let election = single.election().expect("an election");
    let numbers: Vec<u32> = election.candidates_of(1).map(|c| c.number).collect();
    let parties: Vec<_> = numbers.iter().map(|n| election.candidate(*n)).collect();
    let party = |at: usize| parties[at].and_then(|candidate| candidate.party.as_deref());
    assert_eq!(
        (party(0), party(1)),
        (Some("PA"), Some("PB")),
        "the example"
    );
    let regions = vec![region(1, &[(numbers[0], 450), (numbers[1], 550)], &[])];
    let nothing = asked("");
    let compared = |baseline| {
        let night = Night {
            baseline,
            ..night(&event, &nothing)
        };
        results::election(
            &night,
            single,
            election,
            &view(Stage::Counting, regions.clone()),
        )
        .html
    };
    let html = compared(Some(&earlier));
    for change in ["−1", "+1", "−15,0", "+15,0"] {
        let words = format!("<span class=\"change\">{change}</span>");
        assert!(html.contains(&words), "{words}");
    }
    assert!(html.contains("variation depuis"));
    assert!(!compared(None).contains("variation depuis"));
}

/// Whoever leads has gained nothing yet; a tie, a region without counted votes and one that stays are no gains.
#[test]
fn seats_of_another_party_are_said_to_be_held_and_once_elected_to_be_gained() {
    let event = event();
    let single = ballot(&event, "E2025-QC");
    let election = single.election().expect("an election");
    // Region 1 was of another party than the one that is first there now; region 2 is as it was.
    let rows = (1..=6).map(|region| {
        let party = if region == 1 { "PB" } else { "PA" };
        format!("E2025-QC,{region},{party},600,1\n")
    });
    let csv = format!(
        "ballot,region,party,votes,seats\n{}",
        rows.collect::<String>()
    );
    let day = jiff::civil::date(2021, 10, 4);
    let earlier = builder::baseline(csv.as_bytes(), &event, event.title.clone(), day);
    let earlier = earlier.expect("earlier results");
    let regions = four(&event);
    for (stage, baseline, mark, never) in [
        (
            Stage::Counting,
            Some(&earlier),
            Some("Siège détenu avant ce vote par Parti B"),
            "Gain",
        ),
        (
            Stage::Preliminary,
            Some(&earlier),
            Some("Gain sur Parti B"),
            "détenu",
        ),
        (
            certified(),
            Some(&earlier),
            Some("Gain sur Parti B"),
            "détenu",
        ),
        (Stage::Preliminary, None, None, "Gain"),
    ] {
        let gains = asked("show=gains");
        let night = Night {
            baseline,
            ..night(&event, &gains)
        };
        let view = view(stage, regions.clone());
        let html = results::election(&night, single, election, &view).html;
        let found: Vec<u16> = rows_shown(&html);
        assert!(!html.contains(never), "{never}");
        assert_eq!(html.contains("<option value=\"gains\""), baseline.is_some());
        assert_eq!(found, if mark.is_some() { vec![1] } else { vec![] });
        let standing = (&view.progress, &view.seen);
        for (region, mark) in [(0, mark), (1, None), (2, None), (3, None)] {
            let page = results::region(&night, single, election, standing, &view.regions[region]);
            let html = page.expect("a region").html;
            assert_eq!(html.contains("class=\"gain\""), mark.is_some(), "{region}");
            assert!(mark.is_none_or(|mark| html.contains(mark)));
        }
        assert!(
            mark.is_none_or(|mark| html.contains(&format!("<span class=\"gain\">{mark}</span>")))
        );
    }
}

fn rows_shown(html: &str) -> Vec<u16> {
    let rows = rows(html).into_iter();
    rows.filter(|row| row.1).map(|row| row.0).collect()
}
