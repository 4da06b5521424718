//! Whether the vote is cast. Every page of the flow says so in words, by a sign and by a colour.

/// Whether the vote is cast, as far as the program knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CastState {
    /// No vote of this voter was sent.
    NotCast,
    /// The vote is on stable storage.
    Recorded,
    /// An earlier vote of the same credential is on stable storage.
    Already,
    /// A vote was sent and refused.
    Refused,
    /// A vote was sent, and whether it is recorded is not known yet.
    Unsure,
}

impl CastState {
    pub(crate) fn class(self) -> &'static str {
        match self {
            CastState::NotCast => "not-cast",
            CastState::Recorded => "recorded",
            CastState::Already => "already",
            CastState::Refused => "refused",
            CastState::Unsure => "unsure",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            CastState::NotCast => "state-not-cast",
            CastState::Recorded => "state-recorded",
            CastState::Already => "state-already",
            CastState::Refused => "state-refused",
            CastState::Unsure => "state-unsure",
        }
    }

    pub(crate) fn more(self) -> Option<&'static str> {
        match self {
            CastState::NotCast => Some("state-not-cast-more"),
            CastState::Recorded => Some("state-recorded-more"),
            CastState::Already => Some("state-already-more"),
            CastState::Refused | CastState::Unsure => None,
        }
    }

    /// The inside of an SVG of 24 by 24: an empty ring, a tick, a mark or a cross.
    pub(crate) fn glyph(self) -> &'static str {
        match self {
            CastState::NotCast => {
                r#"<circle cx="12" cy="12" r="10" fill="none" stroke="currentColor" stroke-width="2" stroke-dasharray="4 3"/>"#
            }
            CastState::Recorded => {
                r#"<circle cx="12" cy="12" r="11" fill="currentColor"/><path class="glyph" d="m6.5 12.5 3.7 3.7 7.3-8"/>"#
            }
            CastState::Already | CastState::Unsure => {
                r#"<circle cx="12" cy="12" r="11" fill="currentColor"/><path class="glyph" d="M12 6v7m0 3v2"/>"#
            }
            CastState::Refused => {
                r#"<circle cx="12" cy="12" r="11" fill="currentColor"/><path class="glyph" d="m8 8 8 8m0-8-8 8"/>"#
            }
        }
    }
}
