//! From degrees on the earth to the grid of the map.
//!
//! The projection is the sinusoidal one: a degree of longitude is as long as it is at its latitude. So areas
//! keep their proportions, which a map of votes owes its readers, and nothing more than a cosine is needed. The
//! cosine is our own: those of two systems may differ in their last digit, and packing must give the same bytes
//! everywhere.

use crate::builder::drawn::Position;
use crate::geometry::Point;
use crate::limits::GRID;

/// How a drawing lies on the grid.
#[derive(Debug)]
pub(super) struct Projection {
    middle: f64,
    left: f64,
    top: f64,
    scale: f64,
    size: [u16; 2],
}

impl Projection {
    /// Fits all positions on the grid; none where they have no extent in one of both directions.
    pub(super) fn fitting<'a>(
        positions: impl Iterator<Item = &'a Position> + Clone,
    ) -> Option<Projection> {
        let [west, east] = extent(positions.clone().map(|[longitude, _]| *longitude));
        let middle = west + (east - west) / 2.0;
        let [left, right] = extent(positions.clone().map(|position| plane(position, middle)[0]));
        let [top, bottom] = extent(positions.map(|position| plane(position, middle)[1]));
        let (width, height) = (right - left, bottom - top);
        let longer = width.max(height);
        // Written so that what is no number is refused too.
        if !(width > 0.0 && height > 0.0 && longer.is_finite()) {
            return None;
        }
        let scale = f64::from(GRID) / longer;
        let size = [grid(width * scale).max(1), grid(height * scale).max(1)];
        Some(Projection {
            middle,
            left,
            top,
            scale,
            size,
        })
    }

    /// Width and height of the map.
    pub(super) fn size(&self) -> [u16; 2] {
        self.size
    }

    /// The point of the grid that is nearest to a position.
    pub(super) fn point(&self, position: &Position) -> Point {
        let [x, y] = plane(position, self.middle);
        let [width, height] = self.size;
        [
            grid((x - self.left) * self.scale).min(width),
            grid((y - self.top) * self.scale).min(height),
        ]
    }
}

/// Degrees at the equator to the right of the middle, and downwards.
fn plane([longitude, latitude]: &Position, middle: f64) -> [f64; 2] {
    [(longitude - middle) * cosine(*latitude), -latitude]
}

fn extent(values: impl Iterator<Item = f64>) -> [f64; 2] {
    values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| {
        [low.min(value), high.max(value)]
    })
}

fn grid(value: f64) -> u16 {
    let value = value.round().clamp(0.0, f64::from(GRID));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number from 0 to GRID"
    )]
    let value = value as u16;
    value
}

/// The cosine of an angle from -90 to 90 degrees, by its power series: additions and multiplications alone, which
/// every machine rounds alike.
fn cosine(degrees: f64) -> f64 {
    let radians = degrees * (std::f64::consts::PI / 180.0);
    let square = radians * radians;
    let (mut term, mut sum) = (1.0, 1.0);
    for step in 1..=12 {
        let step = f64::from(step);
        term = -term * square / ((2.0 * step - 1.0) * (2.0 * step));
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cosine_is_one() {
        for tenth in -900..=900 {
            let degrees = f64::from(tenth) / 10.0;
            let (ours, theirs) = (cosine(degrees), degrees.to_radians().cos());
            assert!((ours - theirs).abs() < 1e-14, "{degrees}: {ours}");
        }
    }

    /// At 60 degrees a degree of longitude is half as long as one of latitude.
    #[test]
    fn areas_keep_their_proportions() {
        let corners = [[-70.0, 60.0], [-66.0, 60.0], [-66.0, 59.0], [-70.0, 59.0]];
        let projection = Projection::fitting(corners.iter()).expect("an extent");
        let [width, height] = projection.size();
        assert_eq!(width, 10_000);
        assert!((4_800..=5_000).contains(&height), "{height}");
        assert_eq!(projection.point(&[-68.0, 59.0]), [5_000, height]);
    }

    #[test]
    fn a_drawing_without_extent_is_none() {
        let line = [[-70.0, 45.0], [-70.0, 46.0]];
        assert!(Projection::fitting(line.iter()).is_none());
        assert!(Projection::fitting([].iter()).is_none());
    }
}
