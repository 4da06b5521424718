//! Reading the event's definition, with every fault at once.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use election::Event;

/// Longest definition that is read.
const BYTES_MAX: u64 = 32 << 20;

/// Reads and checks a definition. The error lists every fault as `file:line: path: message`.
pub(crate) fn read(path: &Path) -> Result<Event> {
    let cannot = || format!("cannot read the definition {}", path.display());
    let bytes = fs::metadata(path).with_context(cannot)?.len();
    if bytes > BYTES_MAX {
        bail!(
            "{} has {bytes} bytes, a definition has at most {BYTES_MAX}",
            path.display()
        );
    }
    let text = fs::read_to_string(path).with_context(cannot)?;
    Event::from_toml(&text).map_err(|faults| {
        let mut message = format!("{} has {} faults", path.display(), faults.len());
        if faults.len() == 1 {
            message = format!("{} has a fault", path.display());
        }
        for fault in faults {
            let line = fault.line.map_or(String::new(), |line| format!("{line}:"));
            let at = if fault.path.is_empty() {
                String::new()
            } else {
                format!(" {}:", fault.path)
            };
            message += &format!("\n{}:{line}{at} {}", path.display(), fault.message);
        }
        anyhow::anyhow!(message)
    })
}
