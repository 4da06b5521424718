//! The regions of a ballot as pictures. The list of regions says the same.

use super::night::Night;
use super::parties::Fill;
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
    pub(super) path: String,
    pub(super) look: Look<'a>,
    /// A word on it and where it stands; none where it has no room.
    pub(super) word: Option<([u32; 2], String)>,
}

/// What a region looks like, and what a pointer reads on it.
#[derive(Clone)]
pub(super) struct Look<'a> {
    /// Page of the region; none where it has none.
    pub(super) href: Option<String>,
    pub(super) title: String,
    pub(super) fill: Fill<'a>,
    /// Style class of how it stands there.
    pub(super) standing: &'static str,
    /// Whether what is asked for leaves it out: then it is faint.
    pub(super) is_left_out: bool,
    /// What stands on it where there is room; may be empty.
    pub(super) word: String,
}

/// The cartogram and the map that the event has, in this order; regions without a look are left out.
pub(super) fn pictures<'a>(
    night: &Night<'a>,
    look: impl Fn(u16) -> Option<Look<'a>>,
) -> Vec<Picture<'a>> {
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
    drawn
        .map(|(kind, shapes)| picture(kind, shapes, &look))
        .collect()
}

fn picture<'a>(
    kind: &'static str,
    shapes: Shapes,
    look: &impl Fn(u16) -> Option<Look<'a>>,
) -> Picture<'a> {
    let areas = shapes.shapes.into_iter().filter_map(|shape| {
        let look = look(shape.region)?;
        let word = Some(look.word.clone()).filter(|word| !word.is_empty());
        Some(Area {
            region: shape.region,
            path: shape.path,
            word: shape.middle.zip(word),
            look,
        })
    });
    Picture {
        view_box: shapes.view_box,
        kind,
        areas: areas.collect(),
    }
}

/// Of a region where nobody is first, and of answers, which have colours of their own.
pub(super) const NOBODY: Fill<'static> = Fill {
    colour: NEUTRAL,
    pattern: 0,
};
