//! Parts of lines that laws and elections write alike.

use election::{Event, Language};

/// Column for names; a longer name pushes its line's numbers to the right, nothing is cut.
pub(super) const NAME_CHARS: usize = 36;

/// Number and name of a region; 0 is that of voters without one.
pub(super) fn region_name(event: &Event, region: u16, language: Language) -> String {
    match event.region(region) {
        Some(place) => format!(
            "{} {region} {}",
            language.pick("Région", "Region"),
            place.name.in_language(language)
        ),
        None => language.pick("Sans région", "No region").to_owned(),
    }
}
