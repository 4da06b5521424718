//! `geometry.json`: where the regions of an event lie, as polygons on a grid, as hexagons, or as both.
//!
//! A map is drawn on a grid whose longer side is 10,000 steps; x grows to the right and y downwards, as on a
//! screen. Where it lies on the earth is not kept. Hexagons stand on a corner, in rows; every other row, the
//! one of number 1 first, stands half a hexagon further to the right.

use std::collections::{BTreeMap, BTreeSet};

use election::Event;
use serde::{Deserialize, Serialize};

use crate::canonical::{decode, encode};
use crate::limits::{GRID, POINTS_MAX};

/// The format that this program reads and writes.
const FORMAT: &str = "scrutin-geometry-1";

/// A corner of a polygon, x and y.
pub type Point = [u16; 2];

/// Where the regions of one event lie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Geometry {
    format: String,
    /// Width and height of the map; none where no region has a polygon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<[u16; 2]>,
    /// Every region of the event, by ascending number.
    regions: Vec<RegionGeometry>,
}

/// Where one region lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionGeometry {
    /// Number of the region in the event.
    pub region: u16,
    /// Its place in the cartogram; every region has one, or none has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hexagon: Option<Hexagon>,
    /// Its parts on the map, apart from each other; every region has some, or none has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub polygons: Vec<Polygon>,
}

/// A place in the cartogram, counted from the upper left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hexagon {
    /// Column from 0; odd rows stand half a hexagon further to the right.
    pub column: u8,
    /// Row from 0, downwards.
    pub row: u8,
}

/// Rings of corners: the outline first, then the holes in it. The last corner of a ring is joined to the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Polygon(pub Vec<Vec<Point>>);

impl Geometry {
    /// Reads the canonical file and holds it against the event. Errors say what is wrong.
    ///
    /// # Errors
    /// Another format or form, bounds exceeded, other regions than those of the event.
    pub fn from_json(bytes: &[u8], event: &Event) -> Result<Geometry, String> {
        let geometry: Geometry = decode(bytes)?;
        geometry.check(event)?;
        Ok(geometry)
    }

    /// The canonical file of this geometry.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        encode(self)
    }

    /// Every region of the event, by ascending number.
    #[must_use]
    pub fn regions(&self) -> &[RegionGeometry] {
        &self.regions
    }

    /// Width and height of the map in steps of the grid; none where there is no map.
    #[must_use]
    pub fn map_size(&self) -> Option<[u16; 2]> {
        self.size
    }

    /// Columns and rows of the cartogram; none where there is no cartogram.
    #[must_use]
    pub fn cartogram_size(&self) -> Option<[u16; 2]> {
        let hexagons = || self.regions.iter().filter_map(|region| region.hexagon);
        let columns = hexagons().map(|hexagon| hexagon.column).max()?;
        let rows = hexagons().map(|hexagon| hexagon.row).max()?;
        Some([u16::from(columns) + 1, u16::from(rows) + 1])
    }

    /// The regions beside one, ascending: those that share a piece of its border on the map; where there is no map,
    /// those whose hexagons touch its own.
    #[must_use]
    pub fn neighbours(&self, region: u16) -> Vec<u16> {
        let Some(this) = self.regions.iter().find(|one| one.region == region) else {
            return Vec::new();
        };
        let border: BTreeSet<[Point; 2]> = this.edges().collect();
        let is_beside = |other: &&RegionGeometry| match (self.size, this.hexagon, other.hexagon) {
            (Some(_), ..) => other.edges().any(|edge| border.contains(&edge)),
            (None, Some(one), Some(other)) => one.touches(other),
            _ => false,
        };
        let others = self.regions.iter().filter(|other| other.region != region);
        others.filter(is_beside).map(|other| other.region).collect()
    }

    /// Corners of all polygons.
    #[must_use]
    pub fn corners(&self) -> usize {
        let polygons = self.regions.iter().flat_map(|region| &region.polygons);
        polygons.flat_map(|polygon| &polygon.0).map(Vec::len).sum()
    }

    /// Puts a geometry together. `regions` are in any order.
    #[cfg(feature = "builder")]
    pub(crate) fn new(
        event: &Event,
        size: Option<[u16; 2]>,
        mut regions: Vec<RegionGeometry>,
    ) -> Result<Geometry, String> {
        regions.sort_by_key(|region| region.region);
        let geometry = Geometry {
            format: FORMAT.to_owned(),
            size,
            regions,
        };
        geometry.check(event)?;
        Ok(geometry)
    }

    fn check(&self, event: &Event) -> Result<(), String> {
        if self.format != FORMAT {
            let format: String = self.format.chars().take(60).collect();
            return Err(format!(
                "format is {format:?}, expected {FORMAT:?}: use the release that made this package"
            ));
        }
        let mut numbers: Vec<u16> = event.regions.iter().map(|region| region.number).collect();
        numbers.sort_unstable();
        if !self.regions.iter().map(|region| region.region).eq(numbers) {
            return Err("regions are not those of the event by ascending number".to_owned());
        }
        self.check_hexagons()?;
        self.check_map()
    }

    fn check_hexagons(&self) -> Result<(), String> {
        let mut taken = BTreeMap::new();
        for region in &self.regions {
            let Some(hexagon) = region.hexagon else {
                continue;
            };
            if let Some(first) = taken.insert(hexagon, region.region) {
                let number = region.region;
                return Err(format!("regions {first} and {number} have one hexagon"));
            }
        }
        match taken.len() {
            0 if self.size.is_none() => Err("neither polygons nor hexagons".to_owned()),
            0 => Ok(()),
            hexagons if hexagons == self.regions.len() => Ok(()),
            _ => Err("some regions have a hexagon, others have none".to_owned()),
        }
    }

    fn check_map(&self) -> Result<(), String> {
        let Some([width, height]) = self.size else {
            return match self.corners() {
                0 => Ok(()),
                _ => Err("polygons without the size of their map".to_owned()),
            };
        };
        if width.max(height) != GRID || width.min(height) == 0 {
            return Err(format!(
                "a map of {width} by {height}, expected a longer side of {GRID} and a shorter one of 1 at least"
            ));
        }
        let corners = self.corners();
        if corners > POINTS_MAX {
            return Err(format!(
                "polygons of {corners} corners, at most {POINTS_MAX}"
            ));
        }
        for region in &self.regions {
            let number = region.region;
            let whole = !region.polygons.is_empty()
                && region.polygons.iter().all(|polygon| !polygon.0.is_empty());
            if !whole {
                return Err(format!(
                    "region {number} has no polygon, or one without a ring"
                ));
            }
            for ring in region.polygons.iter().flat_map(|polygon| &polygon.0) {
                check_ring(ring, [width, height])
                    .map_err(|reason| format!("region {number}: {reason}"))?;
            }
        }
        Ok(())
    }
}

impl RegionGeometry {
    /// Pieces of all borders, each the same whichever way it is walked.
    fn edges(&self) -> impl Iterator<Item = [Point; 2]> {
        let rings = self.polygons.iter().flat_map(|polygon| &polygon.0);
        rings.flat_map(|ring| {
            let next = ring.iter().cycle().skip(1);
            let pairs = ring.iter().zip(next);
            pairs.map(|(one, other)| [*one.min(other), *one.max(other)])
        })
    }
}

impl Hexagon {
    /// Whether the two have a common side.
    fn touches(self, other: Hexagon) -> bool {
        let halves = |hexagon: Hexagon| 2 * i32::from(hexagon.column) + i32::from(hexagon.row % 2);
        let aside = (halves(self) - halves(other)).abs();
        match self.row.abs_diff(other.row) {
            0 => aside == 2,
            1 => aside == 1,
            _ => false,
        }
    }
}

fn check_ring(ring: &[Point], [width, height]: [u16; 2]) -> Result<(), String> {
    let corners = ring.len();
    if corners < 3 {
        return Err(format!(
            "a ring of {corners} corners, expected 3 at least: the first is not repeated"
        ));
    }
    if let Some([x, y]) = ring.iter().find(|[x, y]| *x > width || *y > height) {
        return Err(format!("corner {x}, {y} lies outside the map"));
    }
    let next = ring.iter().cycle().skip(1);
    if ring.iter().zip(next).any(|(one, other)| one == other) {
        return Err("a corner of a ring is repeated".to_owned());
    }
    Ok(())
}
