//! What all results pages share: event, language and clock, and the lines that each of them shows.

use companions::{Baseline, Geometry};
use election::{Ballot, Language};

use super::asked::Asked;
use super::checked::CheckedLine;
use super::snapshot::Snapshot;
use super::view::{Progress, Seen, Stage, Turnout};
use crate::address::{Links, with_lang};
use crate::frame::{Frame, Page, PageContext, Shared, SnapshotLine};
use crate::help::{Help, Site};
use crate::messages::Messages;
use crate::wording::{self, Moment, closing, moment};

/// The frame that ends a ballot is written within so long after its close.
const CLOSING_MS: i64 = 60_000;

/// What results pages are rendered for.
#[derive(Clone, Copy, Debug)]
pub struct Night<'a> {
    /// Event, language and clock that all pages share.
    pub context: PageContext<'a>,
    /// Path of the WebSocket that tells of changes, where the program has one.
    pub stream: Option<&'a str>,
    /// A view for a newsroom's frame: no header, no search, no links but one to the full page.
    pub embed: bool,
    /// What the address asks for beside the language.
    pub asked: &'a Asked,
    /// Where the regions lie; none where the event does not say.
    pub geometry: Option<&'a Geometry>,
    /// What an earlier event resulted in; none where the event does not say.
    pub baseline: Option<&'a Baseline>,
    /// What the page says where it is a file; none where a program serves it.
    pub snapshot: Option<&'a Snapshot<'a>>,
}

impl<'a> Night<'a> {
    pub(super) fn t(&self) -> &'static Messages {
        Messages::of(self.context.lang)
    }

    pub(super) fn lang(&self) -> Language {
        self.context.lang
    }

    /// A frame with the live script; `path` without `/embed` and `lang`. `description` is the page in
    /// one sentence.
    pub(super) fn frame(&self, title: String, path: &str, description: &str) -> Frame<'a> {
        let embed = if self.embed { "/embed" } else { "" };
        let own = format!("{embed}{path}{}", self.asked.query());
        let mut frame = Frame::new(&self.context, title, &own).with_links(self.links());
        frame.shared = Some(Shared::of(
            self.living().unwrap_or_default(),
            path,
            description,
        ));
        frame.styles = &["style.css", "results.css"];
        frame.scripts = match (self.snapshot, self.embed) {
            (None, false) => &["results.js"],
            (None, true) => &["results.js", "height.js"],
            (Some(_), false) => &["regions.js"],
            (Some(_), true) => &["height.js"],
        };
        frame.script_prefixes = &["live-"];
        frame.footer = "footer-results";
        let PageContext {
            event, logo, lang, ..
        } = self.context;
        frame.help = Help::of(event, logo, lang, Site::Results);
        frame.embed = self.embed;
        let living = self.living().map(|origin| format!("{origin}{own}"));
        let living = living.map(|address| with_lang(&address, self.lang()));
        frame.snapshot = self.snapshot.map(|snapshot| SnapshotLine {
            said: self.said_of(snapshot),
            living,
        });
        frame
    }

    /// When a file was true, in words.
    fn said_of(&self, snapshot: &Snapshot<'_>) -> String {
        let t = self.t();
        let Some(ms) = snapshot.time_ms else {
            return t.get("snapshot-empty").into_owned();
        };
        let (time, position) = (self.moment(ms).text.into(), snapshot.position.into());
        t.fill("snapshot-line", [("time", time), ("position", position)])
    }

    /// Where the results are published, `https://` and the host; none where the event does not say.
    pub(super) fn living(&self) -> Option<&'a str> {
        let authority = self.context.event.authority.as_ref()?;
        authority.results.as_deref()
    }

    fn links(&self) -> Links {
        let own = self.snapshot.map(|snapshot| snapshot.path);
        own.map_or(Links::Program, |path| Links::of_file(path, self.lang()))
    }

    pub(super) fn finish(&self, page: Page) -> Page {
        if self.embed { page.embeddable() } else { page }
    }

    /// A link to a page of results in this language, never to an embed view.
    pub(super) fn link(&self, path: &str) -> String {
        self.links().page(path, self.context.lang)
    }

    /// A document of the API.
    pub(super) fn data(&self, path: &str) -> String {
        self.links().data(path)
    }

    /// Where the form of a page is sent. A file searches by its script alone.
    pub(super) fn action(&self, path: String) -> String {
        match self.snapshot {
            None => path,
            Some(_) => String::new(),
        }
    }

    /// Where a signed statement is read; with `.minisig` behind it, its signature.
    pub(super) fn statement(&self, sha256: &str, suffix: &str) -> String {
        self.link(&format!("/statements/{sha256}.json{suffix}"))
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

    /// A moment of a ballot. What happens as voting ends is said as the end is said everywhere.
    fn moment_of(&self, ballot: &Ballot, ms: i64) -> Moment {
        match (ballot.closes..ballot.closes + CLOSING_MS).contains(&ms) {
            true => Moment {
                text: self.closing(ballot.closes).text,
                ..self.moment(ms)
            },
            false => self.moment(ms),
        }
    }

    /// The end of a window.
    fn closing(&self, ms: i64) -> Moment {
        closing(self.context.lang, &self.context.event.time_zone, ms)
    }
}

/// The lines under a title: how far the count is, and what is hidden until when.
pub(super) struct Standing {
    /// `counting`, `preliminary` or `certified`.
    pub(super) state: &'static str,
    pub(super) when: String,
    /// What the stage means for who reads the numbers.
    pub(super) note: String,
    /// Addresses of the signed statement and of its signature, where one certifies the ballot.
    pub(super) statement: Option<(String, String)>,
    /// Why there are no counts, where there are none.
    pub(super) hidden: Option<String>,
    pub(super) updated: Option<Moment>,
    /// Which witnesses have seen the frames that are counted.
    pub(super) checked: Option<CheckedLine>,
    /// Of which ledger a printed sheet is.
    pub(super) sheet: String,
    /// No page of this ballot changes any more.
    pub(super) settled: bool,
}

impl Standing {
    pub(super) fn of<T>(
        night: &Night<'_>,
        ballot: &Ballot,
        progress: &Progress,
        seen: &Seen<T>,
    ) -> Standing {
        let t = night.t();
        let (hidden, updated) = match seen {
            Seen::Counts { updated_ms, .. } => {
                (None, updated_ms.map(|ms| night.moment_of(ballot, ms)))
            }
            Seen::Withheld { available_ms } => {
                let time = night.closing(*available_ms).text;
                (Some(t.fill("hidden-until", [("time", time.into())])), None)
            }
            Seen::Sealed => (Some(t.get("hidden-sealed").into_owned()), None),
        };
        Standing {
            state: progress.status(),
            when: when(night, ballot, progress),
            note: match &progress.stage {
                Stage::Counting => t
                    .get(counting_note(night, ballot, progress, seen))
                    .into_owned(),
                Stage::Preliminary => t.get("note-preliminary").into_owned(),
                Stage::Certified { statement_sha256 } => {
                    let sha256 = statement_sha256.as_str();
                    t.fill("note-certified", [("sha256", sha256.into())])
                }
            },
            statement: match &progress.stage {
                Stage::Counting | Stage::Preliminary => None,
                Stage::Certified { statement_sha256 } => Some((
                    night.statement(statement_sha256, ""),
                    night.statement(statement_sha256, ".minisig"),
                )),
            },
            hidden,
            updated,
            checked: progress
                .checked
                .as_ref()
                .map(|checked| CheckedLine::of(t, checked)),
            sheet: sheet(night, ballot, progress),
            settled: matches!(progress.stage, Stage::Certified { .. }),
        }
    }
}

/// Message id of what counting means for who reads the page: before the close, nothing may be counted at all.
fn counting_note<T>(
    night: &Night<'_>,
    ballot: &Ballot,
    progress: &Progress,
    seen: &Seen<T>,
) -> &'static str {
    let now_ms = night.context.now_ms;
    match seen.counts().is_none() || progress.releases == 0 {
        true if now_ms < ballot.opens => "note-before",
        true if now_ms < ballot.closes => "note-voting",
        _ => "note-counting",
    }
}

/// The window while votes may still come; afterwards the frame that ended it.
fn when(night: &Night<'_>, ballot: &Ballot, progress: &Progress) -> String {
    match progress.time_ms.filter(|_| progress.is_complete()) {
        None => wording::window(
            night.lang(),
            &night.context.event.time_zone,
            (ballot.opens, ballot.closes),
        ),
        Some(closed) => night.t().fill(
            "standing-complete",
            [
                ("time", night.moment_of(ballot, closed).text.into()),
                ("position", progress.position.as_str().into()),
            ],
        ),
    }
}

/// What a sheet of paper must say of itself: it is looked at without the page around it.
fn sheet(night: &Night<'_>, ballot: &Ballot, progress: &Progress) -> String {
    let Some(ms) = progress.time_ms else {
        return night.t().get("sheet-empty").into_owned();
    };
    night.t().fill(
        "sheet-line",
        [
            ("position", progress.position.as_str().into()),
            ("time", night.moment_of(ballot, ms).text.into()),
            ("releases", progress.releases.into()),
        ],
    )
}

/// Turnout as text and as the width of a bar.
pub(super) struct TurnoutLine {
    pub(super) text: String,
    pub(super) percent: String,
    pub(super) width: String,
    /// The same at a full hour, beside an earlier event's; none where nothing is compared.
    pub(super) against: Option<String>,
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
            against: None,
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
