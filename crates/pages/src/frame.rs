//! What every page shares: language, title, header, footer, and the page as a whole.

use askama::Template;
use companions::Logo;
use election::{Event, Language};

use crate::address::{Links, with_lang};
use crate::asset::{ASSET_PREFIX, path_of};
use crate::help::{Help, Site};
use crate::messages::Messages;
use crate::wording::count;
use crate::{CSP, EMBED_CSP};

/// What a page is rendered for: the event, the reader's language, and the clock.
#[derive(Clone, Copy, Debug)]
pub struct PageContext<'a> {
    /// The event that is voted.
    pub event: &'a Event,
    /// The authority's logo, where its package has one.
    pub logo: Option<&'a Logo>,
    /// Language of the page.
    pub lang: Language,
    /// Now, in milliseconds UTC since 1970.
    pub now_ms: i64,
}

/// A rendered page and what its answer needs. Every page goes out as `text/html; charset=utf-8`
/// with [`crate::SECURITY_HEADERS`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The HTTP status to answer with.
    pub status: u16,
    /// The language of the page, for `Content-Language`.
    pub lang: Language,
    /// The `Content-Security-Policy` that this page works under.
    pub csp: &'static str,
    /// `Retry-After` in seconds, where the page asks the voter to come back.
    pub retry_after_s: Option<u32>,
    /// The whole HTML document.
    pub html: String,
}

impl Page {
    pub(crate) fn new<T: Template>(lang: Language, template: &T) -> Page {
        Page {
            status: 200,
            lang,
            csp: CSP,
            retry_after_s: None,
            html: template.render().expect(
                "templates hold texts and numbers, and writing those to a String cannot fail",
            ),
        }
    }

    pub(crate) fn with_status(self, status: u16) -> Page {
        Page { status, ..self }
    }

    pub(crate) fn embeddable(self) -> Page {
        Page {
            csp: EMBED_CSP,
            ..self
        }
    }
}

/// A form without fields to fill in: its action, and what it carries.
pub(crate) struct HiddenForm {
    pub(crate) action: String,
    pub(crate) fields: Vec<(String, String)>,
}

/// How a page is had in the other language. What a voter has marked, and the receipt that is looked at, travel
/// by POST: an address would leave them in logs and histories.
pub(crate) enum Switch {
    /// The page is the same for everybody.
    Link(String),
    /// What the ballot's form holds at that moment is posted to this address.
    BallotForm(String),
    /// What the page is about is posted.
    Post(HiddenForm),
    /// The same stands below on this page, under this id: asking for it anew would take what nobody keeps.
    Below(&'static str),
}

/// What the head of a page says to those who link to it: search engines, networks, newsrooms.
pub(crate) struct Shared {
    /// The page in one sentence.
    pub(crate) description: String,
    /// Its one address, without the language: whole where the event names where the results are.
    address: String,
}

impl Shared {
    /// `origin` is empty where nobody knows it.
    pub(crate) fn of(origin: &str, path: &str, description: &str) -> Shared {
        Shared {
            description: description.to_owned(),
            address: format!("{origin}{path}"),
        }
    }

    /// The page's address in a language; none where its origin is not known.
    pub(crate) fn canonical(&self, lang: Language) -> Option<String> {
        let is_whole = !self.address.starts_with('/');
        is_whole.then(|| with_lang(&self.address, lang))
    }

    /// The page in each language, and in the one that the reader's browser asks for.
    pub(crate) fn alternates(&self) -> Vec<(&'static str, String)> {
        let each = Language::ALL.into_iter();
        let each = each.map(|lang| (lang.tag(), with_lang(&self.address, lang)));
        each.chain([("x-default", self.address.clone())]).collect()
    }
}

/// The line at the top of a page that is a file.
pub(crate) struct SnapshotLine {
    pub(crate) said: String,
    /// Where the living page is; none where the event names no address of the results.
    pub(crate) living: Option<String>,
}

/// The frame around a page's own content.
pub(crate) struct Frame<'a> {
    pub(crate) t: &'static Messages,
    pub(crate) lang: Language,
    pub(crate) title: String,
    pub(crate) event_title: &'a str,
    /// What whoever links to the page shows of it; none on pages that nobody shares.
    pub(crate) shared: Option<Shared>,
    links: Links,
    /// What the page says where it is a file.
    pub(crate) snapshot: Option<SnapshotLine>,
    /// The page's own address, without the language.
    path: String,
    /// How the same page is had in the other language.
    pub(crate) switch: Switch,
    /// Whether a form comes back with faults: the title of the document says so first.
    pub(crate) has_faults: bool,
    /// Source names of style sheets and modules of `assets/`.
    pub(crate) styles: &'static [&'static str],
    pub(crate) scripts: &'static [&'static str],
    /// Prefixes of the messages that the modules need.
    pub(crate) script_prefixes: &'static [&'static str],
    pub(crate) footer: &'static str,
    /// Whom to call; none where the event names nobody, and on pages of operators.
    pub(crate) help: Option<Help<'a>>,
    /// Fewest votes that results of this event ever show together.
    release_min: u32,
    /// Where the name in the header leads.
    pub(crate) home: &'static str,
    /// Without header and footer, for a newsroom's frame.
    pub(crate) embed: bool,
}

impl<'a> Frame<'a> {
    /// A frame without scripts; `path` is the page's own, without `lang`.
    pub(crate) fn new(context: &PageContext<'a>, title: String, path: &str) -> Frame<'a> {
        Frame {
            t: Messages::of(context.lang),
            lang: context.lang,
            title,
            event_title: context.event.title.in_language(context.lang),
            shared: None,
            links: Links::Program,
            snapshot: None,
            path: path.to_owned(),
            switch: Switch::Link(with_lang(path, context.lang.other())),
            has_faults: false,
            styles: &["style.css"],
            scripts: &[],
            script_prefixes: &[],
            footer: "footer-voter",
            help: Help::of(context.event, context.logo, context.lang, Site::Voters),
            release_min: release_min(context.event),
            home: "/",
            embed: false,
        }
    }

    /// The same frame, whose links lead elsewhere.
    pub(crate) fn with_links(mut self, links: Links) -> Frame<'a> {
        self.switch = Switch::Link(links.page(&self.path, self.lang.other()));
        self.links = links;
        self
    }

    /// A link of this page, in this page's language.
    pub(crate) fn link(&self, path: &str) -> String {
        self.links.page(path, self.lang)
    }

    /// The same address in the other language.
    pub(crate) fn link_of_other(&self, path: &str) -> String {
        with_lang(path, self.lang.other())
    }

    /// The page's one address, where it is known.
    pub(crate) fn canonical(&self) -> Option<String> {
        self.shared.as_ref()?.canonical(self.lang)
    }

    /// The title of the document, for tabs and for those who hear it first.
    pub(crate) fn document_title(&self) -> String {
        match self.has_faults {
            true => self
                .t
                .fill("faults-page", [("title", self.title.as_str().into())]),
            false => self.title.clone(),
        }
    }

    pub(crate) fn asset(&self, source: &str) -> String {
        self.links.data(&path_of(source))
    }

    /// Name and logo of the authority, where both are there to stand at the head.
    pub(crate) fn signed_by(&self) -> Option<(&'a str, &'a Logo)> {
        let help = self.help.as_ref()?;
        Some((help.name, help.logo?))
    }

    /// Where the authority's logo is.
    pub(crate) fn logo_path(&self, logo: &Logo) -> String {
        let name = logo.file_name();
        self.links.data(&format!("{ASSET_PREFIX}{name}"))
    }

    /// What every page of its kind promises.
    pub(crate) fn footer_text(&self) -> String {
        self.t.fill(
            self.footer,
            [
                ("votes", self.release_min.into()),
                ("shown", count(self.lang, self.release_min.into()).into()),
            ],
        )
    }

    pub(crate) fn script_texts(&self) -> String {
        self.t.for_script(self.script_prefixes)
    }
}

/// The smallest step of any ballot: what can be said of all of them.
fn release_min(event: &Event) -> u32 {
    let steps = event.ballots().iter().map(|ballot| ballot.release_min);
    steps
        .min()
        .expect("a definition without a ballot is refused")
}
