//! Shares as they grow, as lines over the hours. The picture is stretched to its place: words stand around it.

use std::fmt::Write as _;

/// Size of the picture in SVG units.
pub(crate) const WIDTH: u64 = 1_000;
pub(crate) const HEIGHT: u64 = 100;

/// A minute of the clock, and a share in thousandths.
pub(crate) type Point = (i64, u64);

/// Both lines over one axis of minutes from `first` to `last`, up to `top` thousandths.
pub(crate) struct Axes {
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) top: u64,
}

impl Axes {
    /// Axes that hold all points; none where these have a single minute.
    pub(crate) fn around(points: impl Iterator<Item = Point> + Clone) -> Option<Axes> {
        let (first, last) = (
            points.clone().map(|(minute, _)| minute).min()?,
            points.clone().map(|(minute, _)| minute).max()?,
        );
        let most = points.map(|(_, share)| share).max()?;
        let quarters = most.div_ceil(250).clamp(1, 4);
        (first < last).then_some(Axes {
            first,
            last,
            top: quarters * 250,
        })
    }

    /// The `d` of an SVG path through points in order.
    pub(crate) fn path(&self, points: &[Point]) -> String {
        let mut path = String::new();
        for (nth, (minute, share)) in points.iter().enumerate() {
            let letter = if nth == 0 { 'M' } else { 'L' };
            let (x, y) = (
                self.x(*minute),
                HEIGHT - HEIGHT * (*share).min(self.top) / self.top,
            );
            // Writing to a String cannot fail.
            let _ = write!(path, "{letter}{x} {y}");
        }
        path
    }

    pub(crate) fn x(&self, minute: i64) -> u64 {
        let (done, all) = (minute - self.first, self.last - self.first);
        let x = done.clamp(0, all).unsigned_abs() * WIDTH;
        x / all.unsigned_abs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_within_the_picture() {
        let points = [(600, 0), (660, 260), (720, 500)];
        let axes = Axes::around(points.into_iter()).expect("two minutes");
        assert_eq!((axes.first, axes.last, axes.top), (600, 720, 500));
        assert_eq!(axes.path(&points), "M0 100L500 48L1000 0");
        let whole = Axes::around([(0, 1_000), (1, 1_000)].into_iter());
        assert_eq!(whole.map(|axes| axes.top), Some(1_000));
        assert!(Axes::around([(5, 1)].into_iter()).is_none());
        assert!(Axes::around([].into_iter()).is_none());
    }
}
