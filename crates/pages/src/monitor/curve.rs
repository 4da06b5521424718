//! The curve of a panel, as attributes of an SVG.

/// Width and height of the drawing.
const SIZE: (f64, f64) = (300.0, 60.0);
/// Room above the highest point.
const ABOVE: f64 = 3.0;
/// Points that are drawn: as many as an hour has half minutes.
const POINTS_MAX: usize = 121;

/// Corners of a curve, of the area below it, and the height of its limit.
pub(super) struct Curve {
    pub(super) line: String,
    pub(super) area: String,
    /// Where the limit is within the drawing.
    pub(super) limit: Option<String>,
}

impl Curve {
    /// Of several samples that fall on one point the highest is drawn; the newest is at the right edge.
    pub(super) fn of(values: &[Option<f64>], limit: Option<f64>) -> Curve {
        let together = values.len().div_ceil(POINTS_MAX).max(1);
        let heights: Vec<f64> = values
            .rchunks(together)
            .map(|chunk| chunk.iter().copied().flatten().fold(0.0, f64::max))
            .collect();
        let highest = heights.iter().copied().fold(0.0, f64::max);
        let (width, height) = SIZE;
        let scale = if highest > 0.0 { highest } else { 1.0 };
        let y = |value: f64| height - value / scale * (height - ABOVE);
        let step = width / (POINTS_MAX - 1) as f64;
        let x = |back: usize| width - back as f64 * step;
        let points = heights.iter().enumerate().rev();
        let points = points.map(|(back, value)| format!("{:.1},{:.1}", x(back), y(*value)));
        let line = points.collect::<Vec<_>>().join(" ");
        let left = x(heights.len().saturating_sub(1));
        let limit = limit.filter(|limit| *limit > 0.0 && *limit <= highest);
        Curve {
            area: format!("{left:.1},{height} {line} {width},{height}"),
            line,
            limit: limit.map(|limit| format!("{:.1}", y(limit))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_at_the_right_and_peaks_are_kept() {
        let curve = Curve::of(&[Some(1.0), None, Some(4.0)], Some(2.0));
        assert_eq!(curve.line, "295.0,45.8 297.5,60.0 300.0,3.0");
        assert_eq!(
            curve.area,
            "295.0,60 295.0,45.8 297.5,60.0 300.0,3.0 300,60"
        );
        assert_eq!(curve.limit.as_deref(), Some("31.5"));
        let mut hour = vec![Some(0.0); 361];
        hour[180] = Some(5.0);
        let curve = Curve::of(&hour, Some(9.0));
        assert_eq!(curve.line.split(' ').count(), POINTS_MAX);
        assert!(curve.line.contains(",3.0") && curve.limit.is_none());
        assert_eq!(Curve::of(&[], None).line, "");
    }
}
