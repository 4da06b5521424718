//! From the files that officials bring to the canonical ones: GeoJSON to a geometry, CSV to a baseline, SVG to a
//! logo.
//!
//! All are read whole, and every fault is told at once, with its place and what to write instead. A text of the
//! source is never passed on: regions and parties are looked up in the event, and the event's own numbers and
//! codes are written.

mod bring;
mod csv_rows;
mod csv_table;
mod drawn;
mod geojson;
mod hours_table;
mod json_depth;
mod notes;
mod projection;
mod simplify;
mod svg;
mod topology;

pub use bring::{Drawing, baseline, geometry, with_turnout};
pub use svg::logo;
