//! The page for a vote that gets no receipt: why, and what the voter can do.

use askama::Template;
use election::Ballot;

use super::{CastState, ballot_path};
use crate::frame::{Frame, Page, PageContext};
use crate::messages::Messages;
use crate::wording::moment;

/// Why a vote was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// A vote of this credential is recorded. Status 409.
    Duplicate {
        /// All submissions of the credential, the accepted one included: 2 or more.
        attempt_count: u32,
    },
    /// The window has not begun. Status 403.
    NotOpen {
        /// When it begins, in milliseconds UTC since 1970.
        opens_ms: i64,
    },
    /// The window is over. Status 403.
    Closed {
        /// When it ended, in milliseconds UTC since 1970.
        closed_ms: i64,
    },
    /// Too many tries from this address or for this NAS. Status 429.
    TooManyTries {
        /// When to try again, in seconds.
        retry_after_s: u32,
    },
    /// The queue is full or the server is going down; nothing is recorded. Status 503.
    Busy {
        /// When to try again, in seconds.
        retry_after_s: u32,
    },
    /// Recording takes too long: the vote may be recorded or not, and sending it again is safe.
    /// Status 503.
    Unsure {
        /// When to try again, in seconds.
        retry_after_s: u32,
    },
    /// The body is no form, or holds no choice that the ballot takes. Status 400.
    Broken,
}

#[derive(Template)]
#[template(path = "voter/end.html")]
struct Ended<'a> {
    frame: Frame<'a>,
    /// None where no vote was sent.
    state: Option<CastState>,
    /// Whether the script of the page should remember this end: a later duplicate is then explained.
    unsure: bool,
    lines: Vec<String>,
    again: Option<String>,
}

/// The page for `end`. `cast_on` is the ballot on which a vote was cast. It is `None` where a voter only
/// looks at a ballot: then it is no error that the ballot is not open, and the page has status 200.
#[must_use]
pub fn ended(context: &PageContext<'_>, cast_on: Option<&Ballot>, end: &End) -> Page {
    let t = Messages::of(context.lang);
    let path = cast_on.map_or_else(|| "/".to_owned(), ballot_path);
    let frame = Frame::new(context, t.get(end.title()).into_owned(), &path);
    let state = match (end, cast_on) {
        (_, None) => None,
        (End::Duplicate { .. }, _) => Some(CastState::Already),
        (End::Unsure { .. }, _) => Some(CastState::Unsure),
        _ => Some(CastState::Refused),
    };
    let again = match end {
        End::TooManyTries { .. } | End::Busy { .. } | End::Unsure { .. } | End::Broken => {
            Some(frame.link(&path))
        }
        _ => None,
    };
    let page = Page::new(
        context.lang,
        &Ended {
            frame,
            state,
            unsure: matches!(end, End::Unsure { .. }),
            lines: end.lines(context),
            again,
        },
    );
    let looks = cast_on.is_none() && matches!(end, End::NotOpen { .. } | End::Closed { .. });
    Page {
        status: if looks { 200 } else { end.status() },
        retry_after_s: end.retry_after_s(),
        ..page
    }
}

impl End {
    /// The HTTP status of the answer to a cast vote.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            End::Duplicate { .. } => 409,
            End::NotOpen { .. } | End::Closed { .. } => 403,
            End::TooManyTries { .. } => 429,
            End::Busy { .. } | End::Unsure { .. } => 503,
            End::Broken => 400,
        }
    }

    fn retry_after_s(&self) -> Option<u32> {
        match self {
            End::TooManyTries { retry_after_s }
            | End::Busy { retry_after_s }
            | End::Unsure { retry_after_s } => Some(*retry_after_s),
            _ => None,
        }
    }

    fn title(&self) -> &'static str {
        match self {
            End::Duplicate { .. } => "end-duplicate-title",
            End::NotOpen { .. } => "end-not-open-title",
            End::Closed { .. } => "end-closed-title",
            End::TooManyTries { .. } => "end-tries-title",
            End::Busy { .. } => "end-busy-title",
            End::Unsure { .. } => "end-unsure-title",
            End::Broken => "end-broken-title",
        }
    }

    fn lines(&self, context: &PageContext<'_>) -> Vec<String> {
        let t = Messages::of(context.lang);
        let at = |id: &str, ms: i64| {
            let time = moment(context.lang, &context.event.time_zone, ms);
            vec![t.fill(id, [("time", time.text.into())])]
        };
        let after = |id: &str, seconds: u32| vec![t.fill(id, [("wait", wait(t, seconds).into())])];
        match self {
            End::Duplicate { attempt_count } => vec![
                t.fill(
                    "end-duplicate-attempt",
                    [("attempt", attempt_count.to_string().into())],
                ),
                t.get("end-duplicate-body").into_owned(),
                t.get("end-duplicate-help").into_owned(),
            ],
            End::NotOpen { opens_ms } => at("end-not-open-body", *opens_ms),
            End::Closed { closed_ms } => at("end-closed-body", *closed_ms),
            End::TooManyTries { retry_after_s } => after("end-tries-body", *retry_after_s),
            End::Busy { retry_after_s } => after("end-busy-body", *retry_after_s),
            End::Unsure { retry_after_s } => after("end-unsure-body", *retry_after_s),
            End::Broken => vec![t.get("end-broken-body").into_owned()],
        }
    }
}

/// A span of time that a person can wait for: seconds below two minutes, else minutes rounded up.
fn wait(t: &Messages, seconds: u32) -> String {
    let (id, count) = if seconds < 120 {
        ("end-wait-seconds", seconds)
    } else {
        ("end-wait-minutes", seconds.div_ceil(60))
    };
    t.fill(id, [("count", count.into())])
}

#[derive(Template)]
#[template(path = "not_found.html")]
struct NotFound<'a> {
    frame: Frame<'a>,
}

/// An address that leads to no page. Status 404.
#[must_use]
pub fn not_found(context: &PageContext<'_>) -> Page {
    let t = Messages::of(context.lang);
    let frame = Frame::new(context, t.get("not-found-title").into_owned(), "/");
    Page::new(context.lang, &NotFound { frame }).with_status(404)
}
