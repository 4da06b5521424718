//! A link on its way into the log.

use crate::commit::chain_writer::Segment;
use crate::decide::draft::Draft;
use crate::format::body::Tracker;
use crate::format::link::EncodedLink;

/// A link on its way into the log, and the batch that waits for it.
pub(crate) struct Work<R> {
    pub(crate) draft: Draft<R>,
    pub(crate) time_ms: i64,
    pub(crate) link: EncodedLink,
    pub(crate) step: Step,
}

/// What the link of a [`Work`] is.
pub(crate) enum Step {
    /// A header, with the keys for the frame behind it.
    Header(Segment),
    /// The frame, with its trackers in order of arrival.
    Frame(Vec<Tracker>),
}

pub(crate) struct Unsettled<R> {
    pub(crate) work: Work<R>,
    /// Why the log could not tell.
    pub(crate) why: String,
}
