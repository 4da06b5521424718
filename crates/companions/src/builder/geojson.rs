//! Reads GeoJSON (RFC 7946) as officials export it: one feature a region, with its number, its place in the
//! cartogram, its polygons, or both. Whatever else stands in the file is passed over.

use std::collections::BTreeMap;

use election::{Event, Fault};
use serde_json::Value;

use crate::builder::drawn::{DrawnRegion, Position, Rings};
use crate::builder::json_depth;
use crate::builder::notes::{Notes, alone, text_of};
use crate::geometry::Hexagon;
use crate::limits::{SOURCE_DEPTH_MAX, SOURCE_POINTS_MAX, SOURCE_RINGS_MAX};
use crate::quoted::quoted;

/// The regions of a file in its order. What is wrong with them is told in the notes.
pub(super) fn read(
    bytes: &[u8],
    event: &Event,
    notes: &mut Notes,
) -> Result<Vec<DrawnRegion>, Vec<Fault>> {
    let text = text_of(bytes)?;
    let depth = json_depth::depth(text);
    if depth > SOURCE_DEPTH_MAX {
        let message = format!(
            "arrays and objects are nested {depth} deep, at most {SOURCE_DEPTH_MAX} are read: remove what is no geometry"
        );
        return Err(alone(None, message));
    }
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let message = format!("is not JSON: {error}: export the file again as GeoJSON");
        alone(Some(error.line()).filter(|line| *line > 0), message)
    })?;
    let is_collection = value.get("type").and_then(Value::as_str) == Some("FeatureCollection");
    let features = value.get("features").and_then(Value::as_array);
    let (true, Some(features)) = (is_collection, features) else {
        return Err(alone(
            None,
            "is no GeoJSON FeatureCollection: export the regions as one, a feature each",
        ));
    };
    if features.len() > event.regions.len() {
        let (got, max) = (features.len(), event.regions.len());
        return Err(alone(
            None,
            format!(
                "{got} features, and the event has {max} regions: give each region one feature, a MultiPolygon where it has several parts"
            ),
        ));
    }
    check_degrees(&value, notes);
    let mut reader = Reader {
        event,
        notes,
        by_region: BTreeMap::new(),
        by_hexagon: BTreeMap::new(),
        points: 0,
        rings: 0,
    };
    let features = features.iter().enumerate();
    let regions = features.filter_map(|(at, feature)| reader.feature(at, feature));
    let regions: Vec<DrawnRegion> = regions.collect();
    for (got, max, what) in [
        (reader.points, SOURCE_POINTS_MAX, "positions"),
        (reader.rings, SOURCE_RINGS_MAX, "rings"),
    ] {
        if got > max {
            let message = format!("{got} {what}, at most {max} are read: simplify the file first");
            return Err(alone(None, message));
        }
    }
    Ok(regions)
}

/// Older files name another reference system than that of RFC 7946, and mean metres.
fn check_degrees(value: &Value, notes: &mut Notes) {
    let crs = value.get("crs").filter(|crs| !crs.is_null());
    let Some(crs) = crs else { return };
    let name = crs.pointer("/properties/name").and_then(Value::as_str);
    let is_degrees = |name: &str| name.contains("CRS84") || name.ends_with("4326");
    if !name.is_some_and(is_degrees) {
        let named = name.map_or_else(String::new, |name| format!(" {}", quoted(name)));
        notes.add(
            None,
            "crs",
            format!(
                "positions are in another reference system{named}: export them in WGS 84 (EPSG:4326)"
            ),
        );
    }
}

struct Reader<'a> {
    event: &'a Event,
    notes: &'a mut Notes,
    /// The feature in which each region was found first.
    by_region: BTreeMap<u16, usize>,
    /// The region that has each hexagon.
    by_hexagon: BTreeMap<Hexagon, u16>,
    points: usize,
    rings: usize,
}

impl Reader<'_> {
    fn fault(&mut self, path: &str, message: impl Into<String>) {
        self.notes.add(None, path, message);
    }

    fn feature(&mut self, at: usize, feature: &Value) -> Option<DrawnRegion> {
        let path = format!("features[{at}]");
        if feature.get("type").and_then(Value::as_str) != Some("Feature") {
            self.fault(&path, "is no Feature: write \"type\": \"Feature\"");
            return None;
        }
        let region = self.region(at, feature.pointer("/properties/region"), &path);
        let hexagon = feature.pointer("/properties/hex");
        let hexagon = hexagon.filter(|hexagon| !hexagon.is_null());
        let hexagon = hexagon.and_then(|hexagon| self.hexagon(hexagon, region, &path));
        let geometry = feature.get("geometry").filter(|value| !value.is_null());
        let parts = geometry.map(|geometry| self.parts(geometry, &format!("{path}.geometry")));
        Some(DrawnRegion {
            region: region?,
            hexagon,
            parts: parts.unwrap_or_default(),
        })
    }

    fn region(&mut self, at: usize, value: Option<&Value>, path: &str) -> Option<u16> {
        let path = format!("{path}.properties.region");
        let Some(value) = value else {
            self.fault(&path, "is missing: write the number of a region");
            return None;
        };
        let number = value.as_u64().and_then(|number| u16::try_from(number).ok());
        let known = number.filter(|number| self.event.region(*number).is_some());
        let Some(number) = known else {
            let got = quoted(&value.to_string());
            self.fault(
                &path,
                format!(
                    "{got} is the number of no [[region]]: write one of the event's, without quotes"
                ),
            );
            return None;
        };
        if let Some(first) = self.by_region.get(&number) {
            let message = format!(
                "region {number} has features[{first}] already: give each region one feature, a MultiPolygon where it has several parts"
            );
            self.fault(&path, message);
            return None;
        }
        self.by_region.insert(number, at);
        Some(number)
    }

    fn hexagon(&mut self, value: &Value, region: Option<u16>, path: &str) -> Option<Hexagon> {
        let path = format!("{path}.properties.hex");
        let step = |value: &Value| value.as_u64().and_then(|step| u8::try_from(step).ok());
        let pair = match value.as_array().map(Vec::as_slice) {
            Some([column, row]) => step(column).zip(step(row)),
            _ => None,
        };
        let Some((column, row)) = pair else {
            let got = quoted(&value.to_string());
            self.fault(
                &path,
                format!("expected [column, row], each from 0 to 255, got {got}"),
            );
            return None;
        };
        let hexagon = Hexagon { column, row };
        let region = region?;
        if let Some(first) = self.by_hexagon.insert(hexagon, region) {
            let message = format!("[{column}, {row}] is the hexagon of region {first} already");
            self.fault(&path, message);
        }
        Some(hexagon)
    }

    fn parts(&mut self, geometry: &Value, path: &str) -> Vec<Rings<Position>> {
        let kind = geometry.get("type").and_then(Value::as_str);
        let coordinates = geometry.get("coordinates").and_then(Value::as_array);
        let path = format!("{path}.coordinates");
        match (kind, coordinates) {
            (Some("Polygon"), Some(rings)) => vec![self.rings(rings, &path)],
            (Some("MultiPolygon"), Some(parts)) if !parts.is_empty() => {
                let numbered = parts.iter().enumerate();
                let parts = numbered.map(|(at, part)| match part.as_array() {
                    Some(rings) => self.rings(rings, &format!("{path}[{at}]")),
                    None => {
                        self.fault(&format!("{path}[{at}]"), "expected a list of rings");
                        Vec::new()
                    }
                });
                parts.collect()
            }
            (Some(other), Some(_)) if !matches!(other, "Polygon" | "MultiPolygon") => {
                let message = format!("expected a Polygon or MultiPolygon, got {}", quoted(other));
                self.fault(&path, message);
                Vec::new()
            }
            _ => {
                self.fault(
                    &path,
                    "expected the coordinates of a Polygon or MultiPolygon: write null as geometry where the region has a hexagon alone",
                );
                Vec::new()
            }
        }
    }

    fn rings(&mut self, rings: &[Value], path: &str) -> Rings<Position> {
        if rings.is_empty() {
            self.fault(path, "a polygon without a ring: draw it, or remove it");
        }
        self.rings = self.rings.saturating_add(rings.len());
        let numbered = rings.iter().enumerate();
        let rings = numbered.map(|(at, ring)| self.ring(ring, &format!("{path}[{at}]")));
        rings.collect()
    }

    /// One ring without its closing position. Of several faults in it, the first is told.
    fn ring(&mut self, ring: &Value, path: &str) -> Vec<Position> {
        let Some(values) = ring.as_array() else {
            self.fault(path, "expected a ring, a list of positions");
            return Vec::new();
        };
        self.points = self.points.saturating_add(values.len());
        let mut positions = Vec::with_capacity(values.len());
        for (at, value) in values.iter().enumerate() {
            match position(value) {
                Ok(position) => positions.push(position),
                Err(message) => {
                    self.fault(&format!("{path}[{at}]"), message);
                    return Vec::new();
                }
            }
        }
        if positions.len() < 4 || positions.first() != positions.last() {
            let got = positions.len();
            let message = format!(
                "a ring of {got} positions, expected 4 at least, of which the last repeats the first"
            );
            self.fault(path, message);
            return Vec::new();
        }
        positions.pop();
        positions
    }
}

/// Longitude and latitude; a height behind them is passed over.
fn position(value: &Value) -> Result<Position, String> {
    let numbers = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let pair = match numbers {
        [longitude, latitude, ..] => longitude.as_f64().zip(latitude.as_f64()),
        _ => None,
    };
    let got = || quoted(&value.to_string());
    let (longitude, latitude) =
        pair.ok_or_else(|| format!("expected a position, [longitude, latitude], got {}", got()))?;
    let is_on_earth = (-180.0..=180.0).contains(&longitude) && (-90.0..=90.0).contains(&latitude);
    if !is_on_earth {
        return Err(format!(
            "{} is no place on the earth: write degrees in WGS 84 (EPSG:4326), the longitude first",
            got()
        ));
    }
    Ok([longitude, latitude])
}
