//! What all results pages share: event, language and clock, and the lines that each of them shows.

use election::{Ballot, Language, Window};

use super::view::{Seen, Turnout};
use crate::frame::{Frame, Page, PageContext, with_lang};
use crate::messages::Messages;
use crate::wording::{self, Moment, moment};

/// What results pages are rendered for.
#[derive(Clone, Copy, Debug)]
pub struct Night<'a> {
    /// Event, language and clock that all pages share.
    pub context: PageContext<'a>,
    /// Path of the WebSocket that tells of changes, where the program has one.
    pub stream: Option<&'a str>,
    /// A view for a newsroom's frame: no header, no search, no links but one to the full page.
    pub embed: bool,
}

impl<'a> Night<'a> {
    pub(super) fn t(&self) -> &'static Messages {
        Messages::of(self.context.lang)
    }

    pub(super) fn lang(&self) -> Language {
        self.context.lang
    }

    /// A frame with the live script; `path` without `/embed` and `lang`.
    pub(super) fn frame(&self, title: String, path: &str) -> Frame<'a> {
        let path = if self.embed {
            format!("/embed{path}")
        } else {
            path.to_owned()
        };
        let mut frame = Frame::new(&self.context, title, &path);
        frame.styles = &["style.css", "results.css"];
        frame.scripts = &["results.js"];
        frame.script_prefix = "live-";
        frame.footer = "footer-results";
        frame.embed = self.embed;
        frame
    }

    pub(super) fn finish(&self, page: Page) -> Page {
        if self.embed { page.embeddable() } else { page }
    }

    /// A link to a page of results in this language, never to an embed view.
    pub(super) fn link(&self, path: &str) -> String {
        with_lang(path, self.context.lang)
    }

    pub(super) fn count(&self, number: u64) -> String {
        wording::count(self.context.lang, number)
    }

    pub(super) fn percent(&self, part: u64, whole: u64) -> String {
        wording::percent(self.context.lang, part, whole)
    }

    pub(super) fn moment(&self, ms: i64) -> Moment {
        moment(self.context.lang, &self.context.event.time_zone, ms)
    }
}

/// The line under a title: whether votes still come, and what is hidden until when.
pub(super) struct Standing {
    /// `open`, `waiting` or `closed`.
    pub(super) state: &'static str,
    pub(super) when: String,
    /// Why there are no counts, where there are none.
    pub(super) hidden: Option<String>,
    pub(super) updated: Option<Moment>,
    /// No page of this ballot changes any more.
    pub(super) settled: bool,
}

impl Standing {
    pub(super) fn of<T>(night: &Night<'_>, ballot: &Ballot, seen: &Seen<T>) -> Standing {
        let t = night.t();
        let window = ballot.window(night.context.now_ms);
        let (state, message, ms) = match window {
            Window::NotOpen { opens } => ("waiting", "standing-waiting", opens),
            Window::Open => ("open", "standing-open", ballot.closes),
            Window::Closed { closed } => ("closed", "standing-closed", closed),
        };
        let when = t.fill(message, [("time", night.moment(ms).text.into())]);
        let (hidden, updated) = match seen {
            Seen::Counts { updated_ms, .. } => (None, updated_ms.map(|ms| night.moment(ms))),
            Seen::Withheld { available_ms } => {
                let time = night.moment(*available_ms).text;
                (Some(t.fill("hidden-until", [("time", time.into())])), None)
            }
            Seen::Sealed => (Some(t.get("hidden-sealed").into_owned()), None),
        };
        Standing {
            state,
            when,
            hidden,
            updated,
            settled: state == "closed" && matches!(seen, Seen::Counts { .. }),
        }
    }
}

/// Turnout as text and as the width of a bar.
pub(super) struct TurnoutLine {
    pub(super) text: String,
    pub(super) percent: String,
    pub(super) width: String,
}

impl TurnoutLine {
    pub(super) fn of(night: &Night<'_>, turnout: Turnout) -> TurnoutLine {
        let text = night.t().fill(
            "turnout-line",
            [
                ("count", turnout.votes.into()),
                ("votes", night.count(turnout.votes).into()),
                ("registered", night.count(turnout.registered).into()),
            ],
        );
        TurnoutLine {
            text,
            percent: night.percent(turnout.votes, turnout.registered),
            width: width(turnout.votes, turnout.registered),
        }
    }
}

/// A width for an SVG attribute: `52.3%`, whatever the language.
pub(super) fn width(part: u64, whole: u64) -> String {
    let thousandths = wording::thousandths(part, whole);
    format!("{}.{}%", thousandths / 10, thousandths % 10)
}

/// The path of a ballot's results.
pub(super) fn ballot_path(id: &str) -> String {
    format!("/ballots/{id}")
}
