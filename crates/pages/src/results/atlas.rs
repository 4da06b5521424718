//! The regions of an election as pictures: who leads or is elected where. The list of regions says the same.

use std::collections::BTreeMap;

use super::night::Night;
use super::parties::Fill;
use super::region_list::RegionLine;
use crate::chart::{self, NEUTRAL, Shapes};

/// A picture of all regions.
pub(super) struct Picture<'a> {
    pub(super) view_box: String,
    /// Message id of what kind of picture it is, and its style class.
    pub(super) kind: &'static str,
    pub(super) areas: Vec<Area<'a>>,
}

/// One region in a picture.
pub(super) struct Area<'a> {
    pub(super) region: u16,
    pub(super) href: String,
    /// Name of the region, who is first there, and the mark.
    pub(super) title: String,
    pub(super) path: String,
    pub(super) fill: Fill<'a>,
    /// Style class of the mark; that of nobody where no vote is counted.
    pub(super) standing: &'static str,
    /// Whether what is asked for leaves it out: then it is faint.
    pub(super) is_left_out: bool,
}

/// The cartogram and the map that the event has, in this order.
pub(super) fn pictures<'a>(night: &Night<'a>, regions: &[RegionLine<'a>]) -> Vec<Picture<'a>> {
    let Some(geometry) = night.geometry else {
        return Vec::new();
    };
    let drawn = [
        ("atlas-cartogram", chart::cartogram(geometry)),
        ("atlas-map", chart::map(geometry)),
    ];
    let drawn = drawn
        .into_iter()
        .filter_map(|(kind, shapes)| Some((kind, shapes?)));
    let lines: BTreeMap<u16, &RegionLine<'a>> =
        regions.iter().map(|line| (line.number, line)).collect();
    drawn
        .map(|(kind, shapes)| picture(night, kind, shapes, &lines))
        .collect()
}

fn picture<'a>(
    night: &Night<'a>,
    kind: &'static str,
    shapes: Shapes,
    lines: &BTreeMap<u16, &RegionLine<'a>>,
) -> Picture<'a> {
    let areas = shapes.shapes.into_iter().filter_map(|shape| {
        let line = lines.get(&shape.region)?;
        let first = match &line.leader {
            Some(leader) => {
                let mark = night.t().get(leader.standing);
                format!("{}, {mark}", leader.name)
            }
            None => night.t().get(line.empty).into_owned(),
        };
        Some(Area {
            region: line.number,
            is_left_out: line.is_hidden,
            href: line.href.clone(),
            title: format!("{} – {first}", line.name),
            path: shape.path,
            fill: line.leader.as_ref().map_or(NOBODY, |leader| leader.fill),
            standing: line
                .leader
                .as_ref()
                .map_or("area-nobody", |leader| leader.standing),
        })
    });
    Picture {
        view_box: shapes.view_box,
        kind,
        areas: areas.collect(),
    }
}

const NOBODY: Fill<'static> = Fill {
    colour: NEUTRAL,
    pattern: 0,
};
