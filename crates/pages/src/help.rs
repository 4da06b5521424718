//! Whom to call and which address is the real one, from the signed package: at the foot of every page. Where the
//! authority has a logo, it stands at the head with the name.

use companions::Logo;
use election::{Authority, Event, Language, Text};

use crate::address::with_lang;
use crate::messages::Messages;

/// On which of the two sites a page stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Site {
    /// The site on which voters vote.
    Voters,
    /// Where results are published.
    Results,
}

/// What a page says of the authority.
pub(crate) struct Help<'a> {
    pub(crate) name: &'a str,
    pub(crate) logo: Option<&'a Logo>,
    pub(crate) telephone: &'a str,
    /// The number as an address of the scheme `tel`.
    pub(crate) dial: String,
    /// Where this site is, and nowhere else; none where the event does not say it.
    pub(crate) address: Option<String>,
    pub(crate) links: Vec<HelpLink>,
}

/// A link with its message.
pub(crate) struct HelpLink {
    pub(crate) href: String,
    pub(crate) message: &'static str,
}

impl<'a> Help<'a> {
    /// None where the event names no authority.
    pub(crate) fn of(
        event: &'a Event,
        logo: Option<&'a Logo>,
        lang: Language,
        site: Site,
    ) -> Option<Help<'a>> {
        let authority = event.authority.as_ref()?;
        let t = Messages::of(lang);
        let (message, shown) = match site {
            Site::Voters => ("help-address", Some(&authority.site)),
            Site::Results => ("help-address-results", authority.results.as_ref()),
        };
        // Up to the slash: the name of another site may begin with the name of this one.
        let said = |origin: &String| t.fill(message, [("address", format!("{origin}/").into())]);
        Some(Help {
            name: authority.name.in_language(lang),
            logo,
            telephone: &authority.telephone,
            dial: format!("tel:{}", dialled(&authority.telephone)),
            address: shown.map(said),
            links: links(authority, lang, site),
        })
    }
}

/// What is dialled of a number: digits, and the plus before a country's.
fn dialled(telephone: &str) -> String {
    let is_dialled = |c: &char| c.is_ascii_digit() || *c == '+';
    telephone.chars().filter(is_dialled).collect()
}

fn links(authority: &Authority, lang: Language, site: Site) -> Vec<HelpLink> {
    let at = |origin: &str, path: &str| with_lang(&format!("{origin}{path}"), lang);
    let own = match site {
        Site::Voters => vec![
            ("help-receipt", Some(at("", "/receipts"))),
            (
                "help-results",
                authority.results.as_deref().map(|origin| at(origin, "/")),
            ),
        ],
        Site::Results => vec![
            ("help-vote", Some(at(&authority.site, "/"))),
            ("help-receipt", Some(at(&authority.site, "/receipts"))),
        ],
    };
    let page = |page: &Option<Text>| Some(page.as_ref()?.in_language(lang).to_owned());
    let pages = vec![
        ("help-lost-letter", page(&authority.lost_letter)),
        ("help-accessibility", page(&authority.accessibility)),
        ("help-privacy", page(&authority.privacy)),
    ];
    let all = own.into_iter().chain(pages);
    all.filter_map(|(message, href)| {
        Some(HelpLink {
            href: href?,
            message,
        })
    })
    .collect()
}

/// Whom to call, to stand behind "call" in a sentence; `otherwise` is the message where the event names nobody.
pub(crate) fn whom_to_call(event: &Event, lang: Language, otherwise: &'static str) -> String {
    let t = Messages::of(lang);
    let Some(authority) = &event.authority else {
        return t.get(otherwise).into_owned();
    };
    let name = authority.name.in_language(lang);
    t.fill(
        "call-authority",
        [
            ("name", name.into()),
            ("telephone", authority.telephone.as_str().into()),
        ],
    )
}
