//! What newsrooms take from a page: data to read, and the lines that show it on their own pages.

use askama::Template;

use super::night::Night;
use crate::address::with_lang;

/// The height of a frame until its content has told its own, and for ever without scripts.
const FRAME_HEIGHT: u32 = 720;

/// Links for newsrooms, and what they copy.
pub(super) struct Newsroom {
    pub(super) csv: String,
    pub(super) json: String,
    pub(super) embed: String,
    /// HTML to copy; none where the event does not name the address of its results.
    pub(super) snippet: Option<String>,
}

#[derive(Template)]
#[template(path = "results/snippet.html")]
struct Snippet<'a> {
    origin: &'a str,
    src: String,
    title: &'a str,
    height: u32,
}

impl Newsroom {
    /// `path` is the page's, `csv` that of the ballot's figures, `json` that of the document that the API has of them.
    pub(super) fn of(
        night: &Night<'_>,
        title: &str,
        path: &str,
        (csv, json): (&str, &str),
    ) -> Newsroom {
        let embed = format!("/embed{path}");
        let origin = night.living();
        let snippet = origin.map(|origin| Snippet {
            origin,
            src: with_lang(&format!("{origin}{embed}"), night.lang()),
            title,
            height: FRAME_HEIGHT,
        });
        Newsroom {
            csv: night.link(csv),
            json: night.data(json),
            embed: night.link(&embed),
            snippet: snippet.map(|snippet| {
                let written = snippet.render();
                written.expect("texts and numbers are written to a String, which cannot fail")
            }),
        }
    }
}
