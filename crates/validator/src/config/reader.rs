//! Reading settings as typed values, noting every fault instead of stopping at the first.

use std::fmt::Debug;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use super::settings::{Setting, Settings};

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
        let text = self.settings.get(key)?.text();
        (!text.is_empty()).then_some(text)
    }

    /// The texts of a list; none where it is not set.
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

    /// Notes settings that hold the contents of a file instead of its name. The contents are not
    /// repeated: they may be a key.
    pub(crate) fn refuse_contents(&mut self, keys: &[&str]) {
        for key in keys {
            let is_contents = self.optional(key).is_some_and(|text| {
                text.contains('\n')
                    || text.contains("-----BEGIN")
                    || text.starts_with("scrutin-roll-key")
            });
            if is_contents {
                self.faults.push(format!(
                    "{key} holds the contents of a file (not repeated here): give the file's path"
                ));
            }
        }
    }

    /// An integer within bounds, which `T` holds.
    pub(crate) fn integer<T: TryFrom<u64, Error: Debug>>(
        &mut self,
        key: &str,
        bounds: RangeInclusive<u64>,
    ) -> Option<T> {
        let setting = self.with_default(key);
        let number = setting.text().parse().ok();
        let Some(number) = number.filter(|number| bounds.contains(number)) else {
            let expected = format!("an integer from {} to {}", bounds.start(), bounds.end());
            self.note(key, setting, setting.text(), &expected);
            return None;
        };
        Some(T::try_from(number).expect("the bounds of a setting fit its type"))
    }

    /// A time in milliseconds.
    pub(crate) fn milliseconds(&mut self, key: &str, max: u64) -> Option<Duration> {
        self.integer(key, 1..=max).map(Duration::from_millis)
    }

    /// A value that its type reads from text, such as `203.0.113.1:443` for an address; `expected`
    /// says what to write.
    pub(crate) fn parsed<T: FromStr>(&mut self, key: &str, expected: &str) -> Option<T> {
        let setting = self.with_default(key);
        let value = setting.text().parse().ok();
        if value.is_none() {
            self.note(key, setting, setting.text(), expected);
        }
        value
    }

    /// A list of such values.
    pub(crate) fn parsed_list<T: FromStr>(&mut self, key: &str, expected: &str) -> Vec<T> {
        let setting = self.with_default(key);
        let mut values = Vec::new();
        for text in &setting.values {
            match text.parse() {
                Ok(value) => values.push(value),
                Err(_) => self.note(key, setting, text, expected),
            }
        }
        values
    }

    fn with_default(&self, key: &str) -> &'a Setting {
        let setting = self.settings.get(key);
        setting.expect("a setting that has a default is always set")
    }

    fn note(&mut self, key: &str, Setting { origin, .. }: &Setting, text: &str, expected: &str) {
        self.faults
            .push(format!("{key} is {text:?} ({origin}): write {expected}"));
    }
}
