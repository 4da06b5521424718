//! The regions of an event as shapes: hexagons of one size, so that each region weighs as much as another, and the
//! map of the land.

use std::fmt::Write as _;

use companions::{Geometry, Hexagon, RegionGeometry};

/// Width of a hexagon that stands on a corner, and height from corner to corner, in SVG units.
const WIDTH: u32 = 20;
const HEIGHT: u32 = 23;
/// From one row of hexagons to the next.
const ROW: u32 = 17;
/// A hexagon from its upper corner on.
const HEXAGON: &str = "l10 6v11l-10 6l-10-6v-11z";
/// Room around the shapes, for their borders.
const MARGIN: u32 = 1;

/// One region of a picture.
pub(crate) struct Shape {
    pub(crate) region: u16,
    /// The `d` of an SVG path; holes are left by `fill-rule="evenodd"`.
    pub(crate) path: String,
    /// The middle of a hexagon, where a word has room.
    pub(crate) middle: Option<[u32; 2]>,
}

/// A picture of all regions.
pub(crate) struct Shapes {
    /// The `viewBox` of the picture.
    pub(crate) view_box: String,
    pub(crate) shapes: Vec<Shape>,
}

/// Hexagons in the places that the event gives them; none where it gives none.
pub(crate) fn cartogram(geometry: &Geometry) -> Option<Shapes> {
    let [columns, rows] = geometry.cartogram_size()?.map(u32::from);
    let shape = |region: &RegionGeometry| {
        let [x, y] = upper_corner(region.hexagon?);
        Some(Shape {
            region: region.region,
            path: format!("M{x} {y}{HEXAGON}"),
            middle: Some([x, y + HEIGHT / 2]),
        })
    };
    let width = columns * WIDTH + WIDTH / 2 + 2 * MARGIN;
    let height = (rows - 1) * ROW + HEIGHT + 2 * MARGIN;
    Some(Shapes {
        view_box: format!("0 0 {width} {height}"),
        shapes: geometry.regions().iter().filter_map(shape).collect(),
    })
}

fn upper_corner(hexagon: Hexagon) -> [u32; 2] {
    let (column, row) = (u32::from(hexagon.column), u32::from(hexagon.row));
    let indent = (row % 2) * (WIDTH / 2);
    [
        MARGIN + column * WIDTH + indent + WIDTH / 2,
        MARGIN + row * ROW,
    ]
}

/// The land as it lies; none where the event has no map.
pub(crate) fn map(geometry: &Geometry) -> Option<Shapes> {
    let [width, height] = geometry.map_size()?;
    let shapes = geometry.regions().iter().map(|region| Shape {
        region: region.region,
        path: outline(region),
        middle: None,
    });
    Some(Shapes {
        view_box: format!("0 0 {} {}", tenths(width), tenths(height)),
        shapes: shapes.collect(),
    })
}

fn outline(region: &RegionGeometry) -> String {
    let mut path = String::new();
    for ring in region.polygons.iter().flat_map(|polygon| &polygon.0) {
        for (nth, [x, y]) in ring.iter().enumerate() {
            let letter = if nth == 0 { 'M' } else { 'L' };
            // Writing to a String cannot fail.
            let _ = write!(path, "{letter}{} {}", tenths(*x), tenths(*y));
        }
        path.push('Z');
    }
    path
}

/// A step of the grid in SVG units, of which patterns have ten.
fn tenths(steps: u16) -> String {
    match steps % 10 {
        0 => (steps / 10).to_string(),
        tenth => format!("{}.{tenth}", steps / 10),
    }
}
