//! The faults of one file, as they are found.

use election::Fault;

use crate::limits::{FAULTS_MAX, SOURCE_BYTES_MAX};

/// Regions that one message names.
const REGIONS_NAMED_MAX: usize = 12;

/// Faults found so far, and how many more there are than are told.
#[derive(Debug, Default)]
pub(super) struct Notes {
    faults: Vec<Fault>,
    untold: usize,
}

impl Notes {
    pub(super) fn add(&mut self, line: Option<usize>, path: &str, message: impl Into<String>) {
        if self.faults.len() == FAULTS_MAX {
            self.untold += 1;
            return;
        }
        self.faults.push(Fault {
            line,
            path: path.to_owned(),
            message: message.into(),
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// All faults, and one more that counts those that are not told.
    pub(super) fn into_faults(mut self) -> Vec<Fault> {
        if self.untold > 0 {
            self.faults.push(Fault {
                line: None,
                path: String::new(),
                message: format!("{} more faults: correct these first", self.untold),
            });
        }
        self.faults
    }
}

/// The only fault of a file that cannot be read at all.
pub(super) fn alone(line: Option<usize>, message: impl Into<String>) -> Vec<Fault> {
    let mut notes = Notes::default();
    notes.add(line, "", message);
    notes.into_faults()
}

/// The text of a file within its bounds, without a mark of its byte order.
pub(super) fn text_of(bytes: &[u8]) -> Result<&str, Vec<Fault>> {
    if bytes.len() > SOURCE_BYTES_MAX {
        let got = bytes.len();
        return Err(alone(
            None,
            format!("{got} bytes, at most {SOURCE_BYTES_MAX} are read: simplify it first"),
        ));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        alone(Some(line), "is not UTF-8: save the file as UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The numbers of some regions, in words.
pub(super) fn regions_named(numbers: &[u16]) -> String {
    let shown: Vec<String> = numbers
        .iter()
        .take(REGIONS_NAMED_MAX)
        .map(ToString::to_string)
        .collect();
    let word = if numbers.len() == 1 {
        "region"
    } else {
        "regions"
    };
    let more = match numbers.len().saturating_sub(shown.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{word} {}{more}", shown.join(", "))
}
