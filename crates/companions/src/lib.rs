//! What accompanies an event in its package: a map of its regions, the results of an earlier event, and the
//! authority's logo.
//!
//! All are optional. Officials bring GeoJSON, CSV and SVG; none is trusted. With the feature `builder` they are
//! read once, on the machine where the event is packed, and become small files of our own, in which nothing is
//! left of the source but numbers. Everybody else reads those alone: each has one byte form, is bounded, and
//! fits its event, or is refused ([`Geometry::from_json`], [`Baseline::from_json`],
//! [`Logo::from_svg`]). `docs/package.md` says
//! what stands in them.
//!
//! This crate knows no files, no packages and no pages: it says what the regions look like and how they voted
//! before, not who asks.

mod baseline;
#[cfg(feature = "builder")]
pub mod builder;
mod canonical;
mod geometry;
mod limits;
mod logo;
mod quoted;
mod turnout;

pub use baseline::{Baseline, EarlierBallot, EarlierRegion, EarlierResult};
pub use geometry::{Geometry, Hexagon, Point, Polygon, RegionGeometry};
pub use logo::Logo;
pub use turnout::{EarlierTurnout, VotesUntil};

/// What accompanies one event; nothing where nothing was brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Companions {
    /// Where the regions lie and what they look like.
    pub geometry: Option<Geometry>,
    /// What an earlier event resulted in.
    pub baseline: Option<Baseline>,
    /// The sign of the authority.
    pub logo: Option<Logo>,
}
