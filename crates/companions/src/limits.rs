//! Bounds of what accompanies an event: larger input is refused.

/// Bytes of a canonical geometry, and of a canonical baseline.
pub(crate) const CANONICAL_BYTES_MAX: usize = 8 << 20;
/// The longer side of a map. The other is as long as the shape of the country asks for.
pub(crate) const GRID: u16 = 10_000;
/// Corners of all polygons of a map, as it is packed.
pub(crate) const POINTS_MAX: usize = 40_000;
/// Most votes of one row, and most seats: enough for any country.
pub(crate) const VOTES_MAX: u64 = 999_999_999;
/// Most seats of a row of an earlier event.
pub(crate) const SEATS_MAX: u32 = 1_000;
/// Rows of a baseline.
pub(crate) const ROWS_MAX: usize = 50_000;
/// Hours of an earlier event, before and after the start of its day.
pub(crate) const HOURS: std::ops::RangeInclusive<i16> = -31 * 24..=2 * 24;
/// Bytes of a canonical logo, which every page loads.
pub(crate) const LOGO_BYTES_MAX: usize = 8 << 10;
/// Elements of a logo.
pub(crate) const LOGO_ELEMENTS_MAX: usize = 200;
/// Elements of a logo within each other.
pub(crate) const LOGO_DEPTH_MAX: usize = 8;
/// Bytes of an SVG file as officials bring it.
#[cfg(feature = "builder")]
pub(crate) const LOGO_SOURCE_BYTES_MAX: usize = 64 << 10;
/// Elements, texts and comments of an SVG file.
#[cfg(feature = "builder")]
pub(crate) const LOGO_NODES_MAX: u32 = 2_000;
/// Bytes of a GeoJSON or CSV file as officials bring it.
#[cfg(feature = "builder")]
pub(crate) const SOURCE_BYTES_MAX: usize = 8 << 20;
/// Nested arrays and objects of a GeoJSON file.
#[cfg(feature = "builder")]
pub(crate) const SOURCE_DEPTH_MAX: usize = 32;
/// Positions of a GeoJSON file.
#[cfg(feature = "builder")]
pub(crate) const SOURCE_POINTS_MAX: usize = 500_000;
/// Rings of a GeoJSON file: islands and lakes count too.
#[cfg(feature = "builder")]
pub(crate) const SOURCE_RINGS_MAX: usize = 20_000;
/// Most faults that are reported at once.
#[cfg(feature = "builder")]
pub(crate) const FAULTS_MAX: usize = 100;
