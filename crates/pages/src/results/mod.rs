//! The results pages: an overview, a law, an election, one region of it, and views to embed.
//!
//! Routes that the program serves, all with `?lang=fr|en`: `/` ([`index`]), `/ballots/{id}`
//! ([`law`], [`election`]), `/ballots/{id}/regions/{number}` ([`region`]), the latter two also under
//! `/embed`, and `/ballots/{id}/results.csv` ([`law_csv`], [`election_csv`]). What the policy of a
//! ballot hides is not in the views, so no page can show it.
//!
//! Live pages stay one renderer's work: the page's script learns that something changed (from the
//! stream, or by asking again with the `ETag`), fetches the page and puts its live part in place.

mod csv;
mod election_page;
mod law_page;
mod overview;
mod view;

pub use csv::{election_csv, law_csv};
pub use election_page::{election, region};
pub use law_page::law;
pub use overview::index;
pub use view::{
    AnswerCounts, CandidateVotes, ElectionView, LawCounts, LawView, RegionAnswers, RegionView,
    Round, Rounds, Seen, Summary, Turnout,
};

use election::{Ballot, Window};

use crate::Lang;
use crate::frame::{Frame, Page, Site, with_lang};
use crate::messages::Messages;
use crate::wording::{self, Moment, moment};

/// What results pages are rendered for.
#[derive(Clone, Copy, Debug)]
pub struct Night<'a> {
    /// Event, language, clock.
    pub site: Site<'a>,
    /// Path of the WebSocket that tells of changes, where the program has one.
    pub stream: Option<&'a str>,
    /// A view for a newsroom's frame: no header, no search, no links but one to the full page.
    pub embed: bool,
}

impl<'a> Night<'a> {
    fn t(&self) -> &'static Messages {
        Messages::of(self.site.lang)
    }

    fn lang(&self) -> Lang {
        self.site.lang
    }

    /// A frame with the live script; `path` without `/embed` and `lang`.
    fn frame(&self, title: String, path: &str) -> Frame<'a> {
        let path = if self.embed {
            format!("/embed{path}")
        } else {
            path.to_owned()
        };
        let mut frame = Frame::new(&self.site, title, &path);
        frame.styles = &["style.css", "results.css"];
        frame.scripts = &["results.js"];
        frame.script_prefix = "live-";
        frame.footer = "footer-results";
        frame.embed = self.embed;
        frame
    }

    fn finish(&self, page: Page) -> Page {
        if self.embed { page.embeddable() } else { page }
    }

    /// A link to a page of results in this language, never to an embed view.
    fn link(&self, path: &str) -> String {
        with_lang(path, self.site.lang)
    }

    fn count(&self, number: u64) -> String {
        wording::count(self.site.lang, number)
    }

    fn percent(&self, part: u64, whole: u64) -> String {
        wording::percent(self.site.lang, part, whole)
    }

    fn moment(&self, ms: i64) -> Moment {
        moment(self.site.lang, &self.site.event.time_zone, ms)
    }
}

/// The line under a title: whether votes still come, and what is hidden until when.
struct Standing {
    /// `open`, `waiting` or `closed`.
    state: &'static str,
    when: String,
    /// Why there are no counts, where there are none.
    hidden: Option<String>,
    updated: Option<Moment>,
    /// No page of this ballot changes any more.
    settled: bool,
}

impl Standing {
    fn of<T>(night: &Night<'_>, ballot: &Ballot, seen: &Seen<T>) -> Standing {
        let t = night.t();
        let window = ballot.window(night.site.now_ms);
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
struct TurnoutLine {
    text: String,
    percent: String,
    width: String,
}

impl TurnoutLine {
    fn of(night: &Night<'_>, turnout: Turnout) -> TurnoutLine {
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
fn width(part: u64, whole: u64) -> String {
    let thousandths = wording::thousandths(part, whole);
    format!("{}.{}%", thousandths / 10, thousandths % 10)
}

/// The path of a ballot's results.
fn ballot_path(id: &str) -> String {
    format!("/ballots/{id}")
}
