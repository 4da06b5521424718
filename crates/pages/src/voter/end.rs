//! The page for a vote that gets no receipt: why, and what the voter can do.

use askama::Template;
use election::{Ballot, Choice, Language};

use super::kept::hidden_fields;
use super::review::lost_letter;
use super::wait::wait;
use super::{CastState, ballot_path};
use crate::frame::{Frame, HiddenForm, Page, PageContext, Switch};
use crate::help::whom_to_call;
use crate::messages::Messages;
use crate::wording::{Moment, closing, moment, time_of_day};

/// What a voter was doing.
#[derive(Clone, Copy, Debug)]
pub enum Activity<'a> {
    /// Reading a page or marking a ballot: no vote was sent.
    Looking,
    /// Casting this vote; without a choice where the form held none that the ballot takes.
    Casting {
        /// What is being voted on.
        ballot: &'a Ballot,
        /// The region (0 for a law) and the choice, with which a voter can begin again.
        marked: Option<(u16, &'a Choice)>,
    },
    /// Looking a receipt up.
    Checking,
}

/// Why a voter does not see what was asked for.
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
    /// A vote of this credential is recorded, and was sent too often. Status 429.
    TooManyRepeats {
        /// When to try again, in seconds.
        retry_after_s: u32,
    },
    /// Too many requests from this address. Status 429.
    TooManyRequests {
        /// When to try again, in seconds.
        retry_after_s: u32,
    },
    /// Too many wrong codes from this address and for this NAS. Status 429.
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
    /// Status 504.
    Unsure {
        /// When to try again, in seconds.
        retry_after_s: u32,
    },
    /// The election is not held in the region that the roll names. Status 403.
    NotInRegion,
    /// A fault of the server's own. Status 500.
    Failed {
        /// When to try again, in seconds.
        retry_after_s: u32,
    },
    /// The form came from a page of another site. Status 403.
    FromOtherSite,
    /// The body is no form, or holds no choice that the ballot takes. Status 400.
    Broken,
}

#[derive(Template)]
#[template(path = "voter/end.html")]
struct Ended<'a> {
    frame: Frame<'a>,
    /// None where no vote was sent.
    state: Option<CastState>,
    lines: Vec<String>,
    again: Option<Again>,
    below: Option<Below>,
}

/// The id of what a page says once more below, in the other language.
pub(crate) const BELOW: &str = "other-language";

/// The same in the other language. The answer to a vote can be had a second time only with NAS and code, which nobody
/// keeps; an address that says it without them could be sent to anybody, to frighten them.
struct Below {
    lang: Language,
    t: &'static Messages,
    title: String,
    lines: Vec<String>,
}

impl Below {
    fn of(context: &PageContext<'_>, activity: Activity<'_>, end: &End) -> Below {
        let lang = context.lang.other();
        let t = Messages::of(lang);
        Below {
            lang,
            t,
            title: t.get(end.title()).into_owned(),
            lines: end.lines(&PageContext { lang, ..*context }, activity),
        }
    }
}

/// How a voter begins again.
enum Again {
    /// At an address: nothing is marked.
    Link(String),
    /// At the review, with the choice.
    Form(HiddenForm),
}

/// The page for `end`. Where a voter only looks at a ballot, it is no error that the ballot is not open,
/// and the page has status 200.
#[must_use]
pub fn ended(context: &PageContext<'_>, activity: Activity<'_>, end: &End) -> Page {
    let t = Messages::of(context.lang);
    let path = match activity {
        Activity::Looking => "/".to_owned(),
        Activity::Casting { ballot, .. } => ballot_path(ballot),
        Activity::Checking => "/receipts".to_owned(),
    };
    let mut frame = Frame::new(context, t.get(end.title()).into_owned(), &path);
    let mut again = None;
    if end.can_begin_again() {
        again = Some(Again::Link(frame.link(&path)));
        if let Activity::Casting {
            marked: Some((region, choice)),
            ..
        } = activity
        {
            let review = |action: String| HiddenForm {
                action,
                fields: hidden_fields(region, choice),
            };
            let path = format!("{path}/review");
            again = Some(Again::Form(review(frame.link(&path))));
            frame.switch = Switch::Post(review(frame.link_of_other(&path)));
        }
    }
    let mut below = None;
    if matches!(activity, Activity::Casting { .. }) && !matches!(again, Some(Again::Form(_))) {
        frame.switch = Switch::Below(BELOW);
        below = Some(Below::of(context, activity, end));
    }
    let page = Page::new(
        context.lang,
        &Ended {
            frame,
            state: end.state(activity),
            lines: end.lines(context, activity),
            again,
            below,
        },
    );
    let looks = matches!(activity, Activity::Looking)
        && matches!(end, End::NotOpen { .. } | End::Closed { .. });
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
            End::NotOpen { .. } | End::Closed { .. } | End::NotInRegion | End::FromOtherSite => 403,
            End::TooManyRepeats { .. } | End::TooManyRequests { .. } | End::TooManyTries { .. } => {
                429
            }
            End::Busy { .. } => 503,
            End::Unsure { .. } => 504,
            End::Failed { .. } => 500,
            End::Broken => 400,
        }
    }

    fn retry_after_s(&self) -> Option<u32> {
        match self {
            End::TooManyRepeats { retry_after_s }
            | End::TooManyRequests { retry_after_s }
            | End::TooManyTries { retry_after_s }
            | End::Failed { retry_after_s }
            | End::Busy { retry_after_s }
            | End::Unsure { retry_after_s } => Some(*retry_after_s),
            _ => None,
        }
    }

    fn title(&self) -> &'static str {
        match self {
            End::Duplicate { .. } | End::TooManyRepeats { .. } => "end-duplicate-title",
            End::NotOpen { .. } => "end-not-open-title",
            End::Closed { .. } => "end-closed-title",
            End::TooManyRequests { .. } => "end-requests-title",
            End::TooManyTries { .. } => "end-tries-title",
            End::NotInRegion => "end-region-title",
            End::Failed { .. } => "end-failed-title",
            End::FromOtherSite => "end-site-title",
            End::Busy { .. } => "end-busy-title",
            End::Unsure { .. } => "end-unsure-title",
            End::Broken => "end-broken-title",
        }
    }

    /// How far the vote is, where one was sent.
    fn state(&self, activity: Activity<'_>) -> Option<CastState> {
        match (self, activity) {
            (_, Activity::Looking | Activity::Checking) => None,
            (End::Duplicate { .. } | End::TooManyRepeats { .. }, _) => Some(CastState::Already),
            (End::Unsure { .. } | End::Failed { .. }, _) => Some(CastState::Unsure),
            _ => Some(CastState::Refused),
        }
    }

    /// Whether it helps to begin again. Where the vote may be recorded it would hide that: the page
    /// asks to send the same form again instead.
    fn can_begin_again(&self) -> bool {
        match self {
            End::TooManyTries { .. }
            | End::TooManyRequests { .. }
            | End::Busy { .. }
            | End::FromOtherSite
            | End::Broken => true,
            End::Duplicate { .. }
            | End::TooManyRepeats { .. }
            | End::NotOpen { .. }
            | End::Closed { .. }
            | End::NotInRegion
            | End::Unsure { .. }
            | End::Failed { .. } => false,
        }
    }

    fn lines(&self, context: &PageContext<'_>, activity: Activity<'_>) -> Vec<String> {
        let t = Messages::of(context.lang);
        let zone = &context.event.time_zone;
        let at = |id: &str, time: Moment| vec![t.fill(id, [("time", time.text.into())])];
        let call = |id: &str, otherwise| {
            let call = whom_to_call(context.event, context.lang, otherwise);
            t.fill(id, [("call", call.into())])
        };
        let after = |id: &str, seconds: u32| vec![t.fill(id, [("wait", wait(t, seconds).into())])];
        match self {
            End::Duplicate { attempt_count } => vec![
                t.fill(
                    "end-duplicate-attempt",
                    [("attempt", attempt_count.to_string().into())],
                ),
                t.get("end-duplicate-body").into_owned(),
                t.get("end-duplicate-lost").into_owned(),
                call("end-duplicate-help", "call-letter"),
            ],
            End::NotInRegion => vec![call("end-region-body", "call-nobody")],
            End::NotOpen { opens_ms } => {
                at("end-not-open-body", moment(context.lang, zone, *opens_ms))
            }
            End::Closed { closed_ms } => {
                let id = of(
                    activity,
                    ["end-closed-look", "end-closed-body", "end-closed-look"],
                );
                at(id, closing(context.lang, zone, *closed_ms))
            }
            End::TooManyRepeats { retry_after_s } => {
                let mut lines = after("end-repeats-body", *retry_after_s);
                lines.push(call("end-duplicate-help", "call-letter"));
                lines
            }
            End::TooManyRequests { retry_after_s } => {
                let ids = [
                    "end-requests-look",
                    "end-requests-body",
                    "end-requests-check",
                ];
                after(of(activity, ids), *retry_after_s)
            }
            End::TooManyTries { retry_after_s } => {
                let wait_ms = i64::from(*retry_after_s) * 1_000;
                let until_ms = context.now_ms.saturating_add(wait_ms);
                let time = time_of_day(context.lang, zone, until_ms);
                let values = [
                    ("wait", wait(t, *retry_after_s).into()),
                    ("time", time.into()),
                ];
                vec![
                    t.fill("end-tries-body", values),
                    t.get("end-tries-help").into_owned(),
                    lost_letter(context),
                ]
            }
            End::Busy { retry_after_s } => {
                let ids = ["end-busy-look", "end-busy-body", "end-busy-check"];
                after(of(activity, ids), *retry_after_s)
            }
            End::Unsure { retry_after_s } => after("end-unsure-body", *retry_after_s),
            End::Failed { retry_after_s } => {
                let ids = ["end-failed-look", "end-unsure-body", "end-failed-check"];
                after(of(activity, ids), *retry_after_s)
            }
            End::FromOtherSite => vec![t.get("end-site-body").into_owned()],
            End::Broken => {
                let ids = ["end-broken-look", "end-broken-body", "end-broken-look"];
                vec![t.get(of(activity, ids)).into_owned()]
            }
        }
    }
}

/// The message for whoever looks, casts or checks.
fn of(activity: Activity<'_>, [look, cast, check]: [&'static str; 3]) -> &'static str {
    match activity {
        Activity::Looking => look,
        Activity::Casting { .. } => cast,
        Activity::Checking => check,
    }
}
