//! The authority's logo at the head of every page of both sites, where the package has one.

use companions::{Logo, builder};
use election::Language;

use super::{OPEN_MS, event, monitor_page, results_pages, values, voter_pages};
use crate::{ASSET_PREFIX, PageContext, Program};

fn logo() -> Logo {
    let svg = include_bytes!("../../../../fixtures/logo.svg");
    builder::logo(svg).expect("the example's logo")
}

#[test]
fn it_stands_beside_the_name_in_its_size() {
    let (event, logo) = (event(), logo());
    let path = format!("{ASSET_PREFIX}{}", logo.file_name());
    for (lang, name) in [
        (Language::French, "Élections Exemple"),
        (Language::English, "Elections Example"),
    ] {
        let context = PageContext {
            event: &event,
            logo: Some(&logo),
            lang,
            now_ms: OPEN_MS,
        };
        let pages = voter_pages(&context)
            .into_iter()
            .chain(results_pages(&context));
        let (embed, whole): (Vec<_>, Vec<_>) =
            pages.partition(|page| page.html.contains("class=\"embed\""));
        assert!(whole.len() > 20 && !embed.is_empty());
        let picture = format!(
            "<img src=\"{path}\" alt=\"\" width=\"40\" height=\"40\">\n<span class=\"brand-name\">{name}</span>"
        );
        for page in whole {
            let (head, body) = page.html.split_once("</header>").expect("a header");
            assert!(head.contains(&picture), "{head}");
            assert!(!body.contains(&path));
            assert!(page.csp.contains("img-src 'self'"));
        }
        let monitor = monitor_page(&context, Program::Tally, &[]);
        for page in embed.iter().chain([&monitor]) {
            assert!(!page.html.contains("<img"), "{}", page.html);
        }
    }
}

#[test]
fn there_is_none_without_one_or_without_a_name() {
    let (mut event, logo) = (event(), logo());
    let lang = Language::English;
    let pages = |event: &election::Event, logo: Option<&Logo>| {
        let context = PageContext {
            event,
            logo,
            lang,
            now_ms: OPEN_MS,
        };
        let pages = voter_pages(&context).into_iter();
        pages.chain(results_pages(&context)).collect::<Vec<_>>()
    };
    let without = pages(&event, None);
    event.authority = None;
    for page in without.iter().chain(&pages(&event, Some(&logo))) {
        assert!(
            values(&page.html, "src")
                .iter()
                .all(|path| path.ends_with(".js"))
        );
        let is_embed = page.html.contains("class=\"embed\"");
        assert!(
            is_embed
                || page
                    .html
                    .contains("<span class=\"brand-name\">Scrutin</span>")
        );
    }
}
