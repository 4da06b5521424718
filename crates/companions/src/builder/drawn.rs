//! The regions of a drawing as they were brought: in degrees, not simplified.

use crate::geometry::Hexagon;

/// A position on the earth in degrees: longitude, latitude (WGS 84).
pub(super) type Position = [f64; 2];

/// The outline of a part of a region and the holes in it, without their closing positions.
pub(super) type Rings<T> = Vec<Vec<T>>;

/// One region as it was drawn.
#[derive(Debug)]
pub(super) struct DrawnRegion {
    /// Number of a region of the event.
    pub(super) region: u16,
    pub(super) hexagon: Option<Hexagon>,
    /// Parts of the region, each with the holes in it.
    pub(super) parts: Vec<Rings<Position>>,
}
