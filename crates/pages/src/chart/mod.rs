//! Parts of pictures: fills that differ in pattern as well as in colour, a bar of seats, an axis of
//! shares, shares as they grow, a map and a cartogram of the regions, and the rounds of a count.
//!
//! Every picture repeats a data table of the same page. Pictures are SVG with presentation
//! attributes, because the content security policy takes no inline style.

mod curve;
mod dots;
mod map;
mod rounds;
mod seats;

pub(crate) use curve::Axes;
pub(crate) use dots::{Dots, dots};
pub(crate) use map::{Shapes, cartogram, map};
pub(crate) use rounds::{Bar, Flow, Part, flow};
pub(crate) use seats::{Segment, majority_line, segments};

/// Strokes that are laid over a party's colour, by the party's position in the event. The first
/// party is plain.
const STROKES: [&str; 7] = [
    "",
    "M-2 2l4-4M0 10 10 0M8 12l4-4",
    "M-2 8l4 4M0 0l10 10M8-2l4 4",
    "M5 0v10",
    "M0 5h10",
    "M0 10 10 0M0 0l10 10",
    "M4 5h2M9 0h2M-1 0h2M-1 10h2M9 10h2",
];

/// Number and path of each pattern, for the definitions at the top of a page.
pub(crate) fn patterns() -> Vec<(usize, &'static str)> {
    STROKES.into_iter().enumerate().skip(1).collect()
}

/// The pattern of the party at that position in the event; 0 is plain.
pub(crate) fn pattern_of(position: usize) -> usize {
    position % STROKES.len()
}

/// Colour of candidates without a party.
pub(crate) const NEUTRAL: &str = "#7b8087";

/// Colour of votes that count for nobody any more.
pub(crate) const EXHAUSTED: &str = "#cfc8b8";
