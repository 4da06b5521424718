//! Pages for addresses that lead nowhere, and for methods that an address does not take: of both programs.

use askama::Template;

use crate::frame::{Frame, Page, PageContext};
use crate::help::{Help, Site};
use crate::messages::Messages;
use crate::monitor::Program;

/// Why an address is not answered as it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Astray {
    /// It leads to no page. Status 404.
    NoSuchPage,
    /// The same in a newsroom's frame, which must show that, and not the browser's page of refusal. Status 404.
    NoSuchView,
    /// It is there, and takes another method. Status 405.
    OtherMethod,
}

#[derive(Template)]
#[template(path = "astray.html")]
struct AstrayPage<'a> {
    frame: Frame<'a>,
    body: &'static str,
}

/// The page of this program for somebody who went astray.
#[must_use]
pub fn astray(context: &PageContext<'_>, program: Program, why: Astray) -> Page {
    let (title, body, status) = match why {
        Astray::NoSuchPage | Astray::NoSuchView => ("not-found-title", "not-found-body", 404),
        Astray::OtherMethod => ("other-method-title", "other-method-body", 405),
    };
    let t = Messages::of(context.lang);
    let mut frame = Frame::new(context, t.get(title).into_owned(), "/");
    if program == Program::Tally {
        frame.footer = "footer-results";
        frame.help = Help::of(context.event, context.logo, context.lang, Site::Results);
    }
    frame.embed = why == Astray::NoSuchView;
    let page = AstrayPage { frame, body };
    let page = Page::new(context.lang, &page).with_status(status);
    match why {
        Astray::NoSuchView => page.embeddable(),
        Astray::NoSuchPage | Astray::OtherMethod => page,
    }
}
