//! A text in both official languages, as titles, names and questions have it.

use serde::{Deserialize, Serialize};

use crate::limits::NAME_BYTES_MAX;
use crate::printable;

/// A text in the two official languages of Canada.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "the fields are language tags: French and English"
)]
pub struct Text {
    pub fr: String,
    pub en: String,
}

impl Text {
    /// What keeps it from being a title that voters can read in both languages, if anything does: it is
    /// empty, too long, or holds what nobody sees.
    #[must_use]
    pub fn title_fault(&self) -> Option<String> {
        let french = printable::fault(&self.fr, NAME_BYTES_MAX);
        french.or_else(|| printable::fault(&self.en, NAME_BYTES_MAX))
    }
}
