//! The regions of a law: the list, its filters, and the pictures that say the same.

use companions::builder;
use election::Language;

use super::{ballot, event, night, progress, seen, turnout};
use crate::Form;
use crate::results::{self, AnswerCounts, Asked, LawCounts, LawView, Night, RegionAnswers, Stage};

/// Far above what a region needs (more than half), just above, level, far below, and only blank.
const REGIONS: [(u64, u64); 5] = [(700, 300), (510, 490), (500, 500), (300, 700), (0, 0)];

fn view() -> LawView {
    let regions = (1..).zip(REGIONS);
    let regions = regions.map(|(region, (oui, non))| RegionAnswers {
        region,
        answers: AnswerCounts { oui, non, blanc: 0 },
    });
    let [shown, ..] = seen(LawCounts {
        total: AnswerCounts::default(),
        regions: Some(regions.collect()),
        recount: false,
    });
    LawView {
        progress: progress(Stage::Preliminary),
        turnout: turnout(),
        hours: Vec::new(),
        seen: shown,
    }
}

/// What stands between two pieces of text, each time.
fn between<'a>(html: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    let found = html.split(start).skip(1);
    found.filter_map(|rest| rest.split(end).next()).collect()
}

#[test]
fn the_address_filters_a_laws_regions() {
    let event = event();
    let ballot = ballot(&event, "L2025-002");
    let law = ballot.law().expect("a law");
    for (query, expected) in [
        ("", &["3", "2", "1", "4", "5"][..]),
        ("show=closest", &["3", "2"]),
        ("show=against", &["4"]),
        ("show=tied", &["3"]),
        ("show=unreleased", &["5"]),
        ("show=gains", &[]),
    ] {
        let asked = Asked::of(&Form::parse(query.as_bytes()).expect("a query"));
        let night = Night {
            asked: &asked,
            ..night(&event, Language::English)
        };
        let html = results::law(&night, ballot, law, &view()).html;
        let rows = between(&html, "<tr data-region=\"", "><th");
        let shown = rows.iter().filter(|row| !row.ends_with(" hidden"));
        let shown: Vec<&str> = shown.filter_map(|row| row.split('"').next()).collect();
        assert_eq!(shown, expected, "{query}");
    }
}

#[test]
fn pictures_shade_a_laws_regions_as_the_table_says() {
    let event = event();
    let drawn = builder::geometry(
        include_bytes!("../../../../fixtures/regions.geojson"),
        &event,
    );
    let geometry = drawn.expect("the example's regions").geometry;
    let ballot = ballot(&event, "L2025-002");
    let law = ballot.law().expect("a law");
    let night = Night {
        geometry: Some(&geometry),
        ..night(&event, Language::English)
    };
    let html = results::law(&night, ballot, law, &view()).html;
    let pictures = between(&html, "<svg class=\"map\"", "</svg>");
    assert_eq!(pictures.len(), 2, "a cartogram and a map");
    for (nth, picture) in pictures.iter().enumerate() {
        for (region, class, word, striped) in [
            (1, "share-oui", ">70</text>", false),
            (2, "share-oui pale", ">51</text>", false),
            (3, "share-non pale", ">50</text>", true),
            (4, "share-non", ">30</text>", true),
            (5, "area-nobody", "", false),
            (6, "area-nobody", "", false),
        ] {
            let area = between(picture, &format!("<g data-region=\"{region}\""), "</g>");
            let [area] = area[..] else {
                panic!("region {region} stands once in {picture}");
            };
            assert!(area.starts_with(&format!(" class=\"{class}\">")), "{area}");
            assert_eq!(area.contains("class=\"over\""), striped, "{area}");
            // Only hexagons have room for a word.
            assert_eq!(
                area.contains("</text>"),
                nth == 0 && !word.is_empty(),
                "{area}"
            );
            assert!(nth == 1 || area.contains(word), "{area}");
        }
    }
    let mut open = view();
    let [shown, ..] = seen(LawCounts::default());
    open.seen = shown;
    let html = results::law(&night, ballot, law, &open).html;
    assert!(
        !html.contains("class=\"map\""),
        "regions that are not shown have no picture"
    );
}

/// With a map, neighbours are those across a border; a region's page leads to theirs, in every language.
#[test]
fn a_region_names_its_neighbours() {
    let event = event();
    let drawn = builder::geometry(
        include_bytes!("../../../../fixtures/regions.geojson"),
        &event,
    );
    let geometry = drawn.expect("the example's regions").geometry;
    let single = ballot(&event, "E2025-QC");
    let election = single.election().expect("an election");
    let [shown, ..] = seen(());
    let view = super::region_view(true, false);
    let page = |geometry| {
        let night = Night {
            geometry,
            ..night(&event, Language::French)
        };
        let standing = (&progress(Stage::Counting), &shown);
        let page = results::region(&night, single, election, standing, &view);
        page.expect("a region").html
    };
    let html = page(Some(&geometry));
    assert!(html.contains("Circonscriptions voisines"));
    let beside = geometry.neighbours(1);
    assert!(!beside.is_empty());
    for number in 2..=6 {
        let link = format!("href=\"/ballots/E2025-QC/regions/{number}?lang=fr\"");
        assert_eq!(html.contains(&link), beside.contains(&number), "{number}");
    }
    assert!(!page(None).contains("voisines"));
}
