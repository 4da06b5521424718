//! Reading the event's definition and the files that it names, with every fault at once.

use std::fs;
use std::path::{Path, PathBuf};

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
    pub(crate) logo: Option<companions::Logo>,
}

impl Brought {
    /// The event, and what its package carries beside it.
    pub(crate) fn into_parts(self) -> (Event, Companions) {
        let companions = Companions {
            geometry: self.drawing.map(|drawing| drawing.geometry),
            baseline: self.baseline,
            logo: self.logo,
        };
        (self.event, companions)
    }
}

/// Reads and checks a definition, then the files that it names. The error lists every fault as
/// `file:line: path: message`; the files are read once the definition has no fault.
pub(crate) fn read(path: &Path) -> Result<Brought> {
    let cannot = || format!("cannot read the definition {}", path.display());
    let text = String::from_utf8(read_bounded(path).with_context(cannot)?).with_context(cannot)?;
    let mut told = Told(Vec::new());
    let (event, files) = Event::with_named_files(&text).map_err(|faults| {
        told.add(path, faults);
        told.error()
    })?;
    let drawing = files.geometry.and_then(|file| {
        let read = |bytes: &[u8]| builder::geometry(bytes, &event);
        told.read_beside(path, &file, "event.geometry", read)
    });
    let baseline = files.baseline.and_then(|named| {
        let NamedBaseline {
            file,
            title,
            date,
            turnout,
        } = named;
        let read = |bytes: &[u8]| builder::baseline(bytes, &event, title, date);
        let baseline = told.read_beside(path, &file, "baseline.file", read)?;
        let Some(turnout) = turnout else {
            return Some(baseline);
        };
        let read = |bytes: &[u8]| builder::with_turnout(bytes, &event, baseline);
        told.read_beside(path, &turnout, "baseline.turnout", read)
    });
    let logo = files
        .logo
        .and_then(|file| told.read_beside(path, &file, "authority.logo", builder::logo));
    if !told.0.is_empty() {
        return Err(told.error());
    }
    Ok(Brought {
        event,
        drawing,
        baseline,
        logo,
    })
}

/// What is wrong with some files, in the order in which it was found.
struct Told(Vec<(PathBuf, Fault)>);

impl Told {
    fn add(&mut self, file: &Path, faults: Vec<Fault>) {
        let faults = faults.into_iter().map(|fault| (file.to_owned(), fault));
        self.0.extend(faults);
    }

    /// Reads a file that the definition names. Where it cannot be read, the definition is at fault.
    fn read_beside<T>(
        &mut self,
        definition: &Path,
        named: &NamedFile,
        key: &str,
        read: impl FnOnce(&[u8]) -> Result<T, Vec<Fault>>,
    ) -> Option<T> {
        let path = definition.with_file_name(&named.name);
        let bytes = match read_bounded(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let message = format!(
                    "cannot read {}: {error:#}: put the file beside the definition, or take this line out",
                    path.display()
                );
                let (line, path) = (named.line, key.to_owned());
                let fault = Fault {
                    line,
                    path,
                    message,
                };
                self.add(definition, vec![fault]);
                return None;
            }
        };
        read(&bytes).map_err(|faults| self.add(&path, faults)).ok()
    }

    /// How many faults each file has, and then all of them, a line each.
    fn error(&self) -> anyhow::Error {
        let mut heads: Vec<String> = Vec::new();
        let mut lines = String::new();
        for file in self.0.chunk_by(|one, other| one.0 == other.0) {
            let path = file[0].0.display();
            heads.push(match file.len() {
                1 => format!("{path} has a fault"),
                count => format!("{path} has {count} faults"),
            });
            for (_, fault) in file {
                let line = fault.line.map_or(String::new(), |line| format!("{line}:"));
                let at = if fault.path.is_empty() {
                    String::new()
                } else {
                    format!(" {}:", fault.path)
                };
                lines += &format!("\n{path}:{line}{at} {}", fault.message);
            }
        }
        anyhow::anyhow!("{}{lines}", heads.join(", "))
    }
}

fn read_bounded(path: &Path) -> Result<Vec<u8>> {
    let bytes = fs::metadata(path)?.len();
    if bytes > BYTES_MAX {
        bail!("it has {bytes} bytes, at most {BYTES_MAX} are read");
    }
    Ok(fs::read(path)?)
}
