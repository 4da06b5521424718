//! The two ways in: a file as it was brought becomes what a package carries, or all of its faults.

use election::{Event, Fault, Text};
use jiff::civil::Date;

use crate::baseline::{Baseline, EarlierBallot, EarlierRegion, EarlierResult, sides};
use crate::builder::drawn::DrawnRegion;
use crate::builder::notes::{Notes, alone, regions_named};
use crate::builder::projection::Projection;
use crate::builder::topology::{GridRegion, simplified};
use crate::builder::{csv_table, geojson, hours_table};
use crate::geometry::{Geometry, RegionGeometry};

/// A geometry, and what was left of the file that it was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    /// What the package carries.
    pub geometry: Geometry,
    /// Corners in the file; the geometry has as many or fewer.
    pub corners_read: usize,
}

/// Reads GeoJSON: one feature for each region of the event, with polygons, with a hexagon, or with both.
///
/// # Errors
/// Every fault of the file, with its place and what to write instead.
pub fn geometry(bytes: &[u8], event: &Event) -> Result<Drawing, Vec<Fault>> {
    let mut notes = Notes::default();
    let drawn = geojson::read(bytes, event, &mut notes)?;
    // Where some features could not be read, whatever they lack is no further fault.
    if notes.is_empty() {
        check_completeness(event, &drawn, &mut notes);
    }
    if !notes.is_empty() {
        return Err(notes.into_faults());
    }
    let corners_read = positions(&drawn).count();
    let (size, regions) = on_grid(drawn)?;
    let geometry = Geometry::new(event, size, regions).map_err(|reason| alone(None, reason))?;
    Ok(Drawing {
        geometry,
        corners_read,
    })
}

/// Reads the CSV of an earlier event, whose title and day the definition says.
///
/// # Errors
/// Every fault of the file, with its line and what to write instead.
pub fn baseline(
    bytes: &[u8],
    event: &Event,
    title: Text,
    date: Date,
) -> Result<Baseline, Vec<Fault>> {
    let mut notes = Notes::default();
    let rows = csv_table::read(bytes, event, &mut notes)?;
    if !notes.is_empty() {
        return Err(notes.into_faults());
    }
    let parties: Vec<Option<&str>> = sides(event).collect();
    let mut ballots: Vec<EarlierBallot> = Vec::new();
    let mut last = None;
    // Rows are sorted by ballot, region and party.
    for ((place, region, party), sums) in rows {
        if last != Some(place) {
            let id = event.ballots()[place].id.clone();
            ballots.push(EarlierBallot {
                ballot: id,
                regions: Vec::new(),
                turnout: None,
            });
        }
        last = Some(place);
        let regions = &mut ballots.last_mut().expect("pushed above").regions;
        if regions.last().is_none_or(|before| before.region != region) {
            regions.push(EarlierRegion {
                region,
                results: Vec::new(),
            });
        }
        let results = &mut regions.last_mut().expect("pushed above").results;
        results.push(EarlierResult {
            party: parties[party].map(str::to_owned),
            votes: sums.votes,
            seats: sums.seats,
        });
    }
    Baseline::new(event, title, date, ballots).map_err(|reason| alone(None, reason))
}

/// Reads the CSV of the earlier event's turnout by hour into its baseline.
///
/// # Errors
/// Every fault of the file, with its line and what to write instead.
pub fn with_turnout(
    bytes: &[u8],
    event: &Event,
    baseline: Baseline,
) -> Result<Baseline, Vec<Fault>> {
    let mut notes = Notes::default();
    let turnout = hours_table::read(bytes, event, &baseline, &mut notes)?;
    if !notes.is_empty() {
        return Err(notes.into_faults());
    }
    let with_turnout = baseline.with_turnout(event, turnout);
    with_turnout.map_err(|reason| alone(None, reason))
}

/// All regions must be there, and all alike: a map with a gap, or with a region in one place only, misleads.
fn check_completeness(event: &Event, drawn: &[DrawnRegion], notes: &mut Notes) {
    let mut tell = |regions: Vec<u16>, message: &str| {
        if !regions.is_empty() {
            let message = format!("{} {message}", regions_named(&regions));
            notes.add(None, "features", message);
        }
    };
    let is_drawn = |number: u16| drawn.iter().any(|region| region.region == number);
    let mut missing: Vec<u16> = event.regions.iter().map(|region| region.number).collect();
    missing.retain(|number| !is_drawn(*number));
    missing.sort_unstable();
    tell(missing, "without a feature: draw every region of the event");
    let of = |lacks: &dyn Fn(&DrawnRegion) -> bool| {
        let lacking: Vec<u16> = drawn
            .iter()
            .filter(|region| lacks(region))
            .map(|region| region.region)
            .collect();
        lacking
    };
    let (no_map, no_hexagon) = (
        of(&|region| region.parts.is_empty()),
        of(&|region| region.hexagon.is_none()),
    );
    if no_map.len() == drawn.len() && no_hexagon.len() == drawn.len() {
        notes.add(
            None,
            "features",
            "neither polygons nor hexagons: draw the regions, or give each a property `hex`: [column, row]",
        );
        return;
    }
    if no_map.len() < drawn.len() {
        tell(
            no_map,
            "without polygons, which other regions have: draw all of them or none",
        );
    }
    if no_hexagon.len() < drawn.len() {
        tell(
            no_hexagon,
            "without a property `hex`, which other regions have: give it to all of them or to none",
        );
    }
}

fn positions(drawn: &[DrawnRegion]) -> impl Iterator<Item = &[f64; 2]> + Clone {
    let parts = drawn.iter().flat_map(|region| &region.parts);
    parts.flatten().flatten()
}

/// The size of the map, and the regions on it.
type OnGrid = (Option<[u16; 2]>, Vec<RegionGeometry>);

fn on_grid(drawn: Vec<DrawnRegion>) -> Result<OnGrid, Vec<Fault>> {
    let bare = |region: &DrawnRegion| RegionGeometry {
        region: region.region,
        hexagon: region.hexagon,
        polygons: Vec::new(),
    };
    if positions(&drawn).next().is_none() {
        return Ok((None, drawn.iter().map(bare).collect()));
    }
    let projection = Projection::fitting(positions(&drawn)).ok_or_else(|| {
        alone(
            None,
            "all positions lie on one line: draw the outlines of the regions",
        )
    })?;
    let place = |region: &DrawnRegion| GridRegion {
        region: bare(region),
        parts: region
            .parts
            .iter()
            .map(|part| {
                let rings = part.iter();
                let points = rings.map(|ring| ring.iter().map(|at| projection.point(at)).collect());
                points.collect()
            })
            .collect(),
    };
    let (regions, too_small) = simplified(drawn.iter().map(place).collect());
    if too_small.is_empty() {
        return Ok((Some(projection.size()), regions));
    }
    let mut notes = Notes::default();
    let message = format!(
        "{}: too small to be drawn beside the others: leave polygons out, and give each region a hexagon",
        regions_named(&too_small)
    );
    notes.add(None, "features", message);
    Err(notes.into_faults())
}
