//! The files beside a definition that it names: a map of the regions, the results of an earlier event, and a logo.
//!
//! A definition only names them. Whoever packs the event reads them (`companions`); whoever hashes a roll or
//! looks at the event alone does not need them. They are no part of the event's canonical form.

use handwritten::{Reading, Section};
use jiff::civil::Date;

use crate::limits::{FILE_NAME_BYTES_MAX, NAME_BYTES_MAX};
use crate::printable;
use crate::section::bilingual;
use crate::text::Text;

/// What a definition says of the files beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedFiles {
    /// Where the regions lie and what they look like, as GeoJSON.
    pub geometry: Option<NamedFile>,
    /// What an earlier event resulted in, as CSV.
    pub baseline: Option<NamedBaseline>,
    /// The sign of the authority, as SVG.
    pub logo: Option<NamedFile>,
}

/// A file in the directory of the definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFile {
    /// Its name, without any directory.
    pub name: String,
    /// Line of the definition that names it, from 1.
    pub line: Option<usize>,
}

/// The results of an earlier event, and which event it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedBaseline {
    /// The file of votes and seats.
    pub file: NamedFile,
    /// Title of the earlier event in both languages.
    pub title: Text,
    /// Day of the earlier event.
    pub date: Date,
    /// The file of its turnout by hour, as CSV.
    pub turnout: Option<NamedFile>,
}

/// Reads `geometry` of the table of the event, and the table of the baseline. The logo stands in another table.
pub(crate) fn named_files(
    all: &mut Reading<'_>,
    event: &mut Section<'_, '_>,
    root: &mut Section<'_, '_>,
    logo: Option<NamedFile>,
) -> NamedFiles {
    let geometry = event.optional_text(all, "geometry");
    let geometry = geometry.map(|name| {
        let path = event.path_of("geometry");
        named_file(all, &path, name, "geojson")
    });
    let baseline = root.table(all, "baseline");
    NamedFiles {
        geometry,
        baseline: baseline.and_then(|section| baseline_of(all, section)),
        logo,
    }
}

/// None where it is no table, or where there is no day: both are faults.
fn baseline_of(all: &mut Reading<'_>, mut section: Section<'_, '_>) -> Option<NamedBaseline> {
    if is_at_fault(all, "baseline") {
        return None;
    }
    let name = section.text(all, "file", "\"baseline.csv\"");
    let file = named_file(all, &section.path_of("file"), &name, "csv");
    let title = bilingual(all, &mut section, ["title_fr", "title_en"]);
    for (key, text) in [("title_fr", &title.fr), ("title_en", &title.en)] {
        if let Some(message) = printable::fault(text, NAME_BYTES_MAX) {
            fault_once(all, &section.path_of(key), message);
        }
    }
    let turnout = section.optional_text(all, "turnout");
    let turnout = turnout.map(|name| named_file(all, &section.path_of("turnout"), name, "csv"));
    let written = section.datetime(all, "date", "2022-10-03");
    let path = section.path_of("date");
    section.finish(all);
    let text = written?;
    // A day with an hour would parse too, and lose it.
    let date = text.parse::<Date>().ok();
    let date = date.filter(|date| date.to_string() == text);
    if date.is_none() {
        fault_once(all, &path, "expected a day such as 2022-10-03");
    }
    Some(NamedBaseline {
        file,
        title,
        date: date?,
        turnout,
    })
}

/// A definition may not lead whoever packs it to a file elsewhere.
pub(crate) fn named_file(
    all: &mut Reading<'_>,
    path: &str,
    name: &str,
    extension: &str,
) -> NamedFile {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let sound = name.len() <= FILE_NAME_BYTES_MAX
        && name.bytes().all(allowed)
        && !name.starts_with('.')
        && name
            .rsplit_once('.')
            .is_some_and(|(_, end)| end == extension);
    if !sound {
        let message = format!(
            "expected the name of a file beside this one, such as \"regions.{extension}\": at most {FILE_NAME_BYTES_MAX} letters, digits, dots, underscores or hyphens, the first not a dot, ending in .{extension}"
        );
        fault_once(all, path, message);
    }
    NamedFile {
        name: name.to_owned(),
        line: all.line_of(path),
    }
}

/// Notes what is wrong with a value, unless it could not even be read.
fn fault_once(all: &mut Reading<'_>, path: &str, message: impl Into<String>) {
    if !is_at_fault(all, path) {
        all.fault(all.line_of(path), path, message);
    }
}

fn is_at_fault(all: &Reading<'_>, path: &str) -> bool {
    all.faults.iter().any(|fault| fault.path == path)
}
