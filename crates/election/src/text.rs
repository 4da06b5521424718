//! A text in both official languages, as titles, names and questions have it.

use serde::{Deserialize, Serialize};

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
