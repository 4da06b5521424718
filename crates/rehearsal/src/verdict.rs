//! What a rehearsal comes to: everything it demands held, or these demands did not.

use std::fmt;

use serde::{Serialize, Serializer};

/// Whether a rehearsal showed what it is to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What may be said where nothing speaks against it.
    clean: &'static str,
    /// What speaks against it.
    faults: Vec<String>,
}

impl Verdict {
    /// The verdict `clean` where there are no `faults`.
    #[must_use]
    pub fn new(clean: &'static str, faults: Vec<String>) -> Verdict {
        Verdict { clean, faults }
    }

    /// Whether there are no faults.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.faults.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_clean() {
            true => f.write_str(self.clean),
            false => write!(f, "did not hold: {}", self.faults.join("; ")),
        }
    }
}

impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
