//! Reading settings as typed values, noting every fault instead of stopping at the first.

use super::settings::{Setting, Settings};
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

/// Reads settings and gathers what is wrong with them.
pub(crate) struct Reader<'a> {
    settings: &'a Settings,
    pub(crate) faults: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(settings: &'a Settings, faults: Vec<String>) -> Reader<'a> {
        Reader { settings, faults }
    }

    /// The text of an optional setting.
    pub(crate) fn optional(&self, key: &str) -> Option<&'a str> {
        let values = &self.settings.get(key)?.values;
        values
            .first()
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    }

    /// The texts of a list.
    pub(crate) fn list(&self, key: &str) -> &'a [String] {
        self.settings
            .get(key)
            .map_or(&[], |setting| &setting.values)
    }

    /// The text of a setting that must be given; `remedy` says how.
    pub(crate) fn required(&mut self, key: &str, remedy: &str) -> Option<&'a str> {
        let text = self.optional(key);
        if text.is_none() {
            self.faults.push(format!("{key} is not set: {remedy}"));
        }
        text
    }

    /// Notes settings that hold what stands in a file instead of its name, without repeating it: it
    /// may be a key.
    pub(crate) fn refuse_contents(&mut self, keys: &[&str]) {
        for key in keys {
            let text = self.optional(key).unwrap_or_default();
            let is_contents = text.contains('\n')
                || text.contains("-----BEGIN")
                || text.starts_with("scrutin-roll-key");
            if is_contents {
                self.faults.push(format!(
                    "{key} holds the contents of a file (not repeated here): give the file's path"
                ));
            }
        }
    }

    /// An integer within bounds.
    pub(crate) fn integer(&mut self, key: &str, bounds: RangeInclusive<u64>) -> Option<u64> {
        let text = self.optional(key).unwrap_or_default();
        let number = text.parse().ok().filter(|number| bounds.contains(number));
        if number.is_none() {
            let expected = format!("an integer from {} to {}", bounds.start(), bounds.end());
            self.note(key, text, &expected);
        }
        number
    }

    /// An integer that fits memory sizes; bounds stay below 2^32.
    pub(crate) fn size(&mut self, key: &str, bounds: RangeInclusive<u64>) -> Option<usize> {
        self.integer(key, bounds)
            .and_then(|number| usize::try_from(number).ok())
    }

    /// A time in milliseconds.
    pub(crate) fn milliseconds(&mut self, key: &str, max: u64) -> Option<Duration> {
        self.integer(key, 1..=max).map(Duration::from_millis)
    }

    /// Whatever parses, such as `203.0.113.1:443` for an address; `expected` says what.
    pub(crate) fn parsed<T: FromStr>(&mut self, key: &str, expected: &str) -> Option<T> {
        let text = self.optional(key).unwrap_or_default();
        let value = text.parse().ok();
        if value.is_none() {
            self.note(key, text, expected);
        }
        value
    }

    /// A list of what parses.
    pub(crate) fn parsed_list<T: FromStr>(&mut self, key: &str, expected: &str) -> Vec<T> {
        let mut values = Vec::new();
        for text in self.list(key) {
            match text.parse() {
                Ok(value) => values.push(value),
                Err(_) => self.note(key, text, expected),
            }
        }
        values
    }

    fn note(&mut self, key: &str, text: &str, expected: &str) {
        let origin = self
            .settings
            .get(key)
            .map(|Setting { origin, .. }| format!(" ({origin})"));
        let origin = origin.unwrap_or_default();
        self.faults
            .push(format!("{key} is {text:?}{origin}: write {expected}"));
    }
}
