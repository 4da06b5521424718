//! Reading the event's definition and the files that it names, with every fault at once.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use companions::Companions;
use companions::builder::{self, Drawing};
use election::{Event, Fault, NamedBaseline, NamedFile};

/// Longest definition or file beside it that is read.
const BYTES_MAX: u64 = 32 << 20;

/// An event, and what was brought to accompany it.
pub(crate) struct Brought {
    pub(crate) event: Event,
    pub(crate) drawing: Option<Drawing>,
    pub(crate) baseline: Option<companions::Baseline>,
}

impl Brought {
    /// The event, and what its package carries beside it.
    pub(crate) fn into_parts(self) -> (Event, Companions) {
        let companions = Companions {
            geometry: self.drawing.map(|drawing| drawing.geometry),
            baseline: self.baseline,
        };
        (self.event, companions)
    }
}

/// Reads and checks a definition, then the files that it names. The error lists every fault as
/// `file:line: path: message`; the files are read once the definition has no fault.
pub(crate) fn read(path: &Path) -> Result<Brought> {
    let cannot = || format!("cannot read the definition {}", path.display());
    let text = String::from_utf8(read_bounded(path).with_context(cannot)?).with_context(cannot)?;
    let (event, files) = Event::with_named_files(&text)
        .map_err(|faults| anyhow::anyhow!(listed(&[(path, faults)])))?;
    let beside = |file: &NamedFile| path.with_file_name(&file.name);
    let mut faults = Vec::new();
    let drawing = files.geometry.and_then(|file| {
        let read = |bytes: &[u8]| builder::geometry(bytes, &event);
        read_beside(&beside(&file), path, &file, "event.geometry", read)
            .map_err(|told| faults.push(told))
            .ok()
    });
    let baseline = files.baseline.and_then(|named| {
        let NamedBaseline { file, title, date } = named;
        let read = |bytes: &[u8]| builder::baseline(bytes, &event, title, date);
        read_beside(&beside(&file), path, &file, "baseline.file", read)
            .map_err(|told| faults.push(told))
            .ok()
    });
    if faults.is_empty() {
        return Ok(Brought {
            event,
            drawing,
            baseline,
        });
    }
    let faults: Vec<(&Path, Vec<Fault>)> = faults
        .iter()
        .map(|(path, faults)| (path.as_path(), faults.clone()))
        .collect();
    bail!(listed(&faults))
}

/// A file, and what is wrong with it.
type Told = (std::path::PathBuf, Vec<Fault>);

/// Reads a file that the definition names; where it cannot be read, the definition is at fault.
fn read_beside<T>(
    path: &Path,
    definition: &Path,
    named: &NamedFile,
    key: &str,
    read: impl FnOnce(&[u8]) -> Result<T, Vec<Fault>>,
) -> Result<T, Told> {
    match read_bounded(path) {
        Ok(bytes) => read(&bytes).map_err(|faults| (path.to_owned(), faults)),
        Err(error) => {
            let message = format!(
                "cannot read {}: {error:#}: put the file beside the definition, or take this line out",
                path.display()
            );
            let fault = Fault {
                line: named.line,
                path: key.to_owned(),
                message,
            };
            Err((definition.to_owned(), vec![fault]))
        }
    }
}

fn read_bounded(path: &Path) -> Result<Vec<u8>> {
    let bytes = fs::metadata(path)?.len();
    if bytes > BYTES_MAX {
        bail!("it has {bytes} bytes, at most {BYTES_MAX} are read");
    }
    Ok(fs::read(path)?)
}

/// All faults of some files, a line each.
fn listed(files: &[(&Path, Vec<Fault>)]) -> String {
    let heads = files.iter().map(|(path, faults)| match faults.len() {
        1 => format!("{} has a fault", path.display()),
        count => format!("{} has {count} faults", path.display()),
    });
    let mut message = heads.collect::<Vec<String>>().join(", ");
    for (path, faults) in files {
        for fault in faults {
            let line = fault.line.map_or(String::new(), |line| format!("{line}:"));
            let at = if fault.path.is_empty() {
                String::new()
            } else {
                format!(" {}:", fault.path)
            };
            message += &format!("\n{}:{line}{at} {}", path.display(), fault.message);
        }
    }
    message
}
