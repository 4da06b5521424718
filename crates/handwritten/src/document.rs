//! A text as TOML.

use toml::de::DeTable;

use crate::reading::Reading;
use crate::section::Section;

/// A text that is TOML, whatever stands in it.
#[derive(Debug)]
pub struct Document<'i>(DeTable<'i>);

impl<'i> Document<'i> {
    /// Parses the text of a reading. None where it is no TOML: then its mistakes are noted, at most
    /// `faults_max` of them, and nothing else, because what a parser salvages from broken text would
    /// only add faults that are not there.
    pub fn parse(all: &mut Reading<'i>, faults_max: usize) -> Option<Document<'i>> {
        let (table, errors) = DeTable::parse_recoverable(all.text());
        for error in errors.iter().take(faults_max) {
            let line = error.span().map(|span| all.line_at(span.start));
            all.fault(line, "", error.message().replace('\n', ", "));
        }
        errors.is_empty().then(|| Document(table.into_inner()))
    }

    /// The table that is the whole text.
    #[must_use]
    pub fn root(&self) -> Section<'_, 'i> {
        Section::root(&self.0)
    }
}
