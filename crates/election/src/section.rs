//! Reads one table of a TOML definition key by key, collecting faults instead of stopping.
//!
//! A value that cannot be read becomes its type's empty value and a fault, so that the rest of the
//! table is still looked at. Every key asked for counts as known; what is left over is a fault.

use crate::fault::Fault;
use crate::instant;
use crate::text::Text;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What the reading of one file gathers: faults, and the line of every path met.
pub(crate) struct Gathered {
    line_ends: Vec<usize>,
    pub(crate) faults: Vec<Fault>,
    lines: BTreeMap<String, u32>,
}

impl Gathered {
    pub(crate) fn new(text: &str) -> Gathered {
        let line_ends = text
            .bytes()
            .enumerate()
            .filter(|(_, b)| *b == b'\n')
            .map(|(at, _)| at);
        Gathered {
            line_ends: line_ends.collect(),
            faults: Vec::new(),
            lines: BTreeMap::new(),
        }
    }

    /// Line of a byte offset, from 1.
    pub(crate) fn line_at(&self, offset: usize) -> u32 {
        let before = self.line_ends.partition_point(|end| *end < offset);
        u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// Line of a path, or of the nearest table around it.
    pub(crate) fn line_of(&self, path: &str) -> Option<u32> {
        let mut path = path;
        loop {
            if let Some(line) = self.lines.get(path) {
                return Some(*line);
            }
            path = path.get(..path.rfind(['.', '['])?)?;
        }
    }

    pub(crate) fn fault(&mut self, line: Option<u32>, path: &str, message: impl Into<String>) {
        self.faults.push(Fault {
            line,
            path: path.to_owned(),
            message: message.into(),
        });
    }
}

/// One table of the file, being read.
pub(crate) struct Section<'a, 'i> {
    path: String,
    line: Option<u32>,
    table: Option<&'a DeTable<'i>>,
    known: Vec<&'static str>,
}

impl<'a, 'i> Section<'a, 'i> {
    /// The whole file.
    pub(crate) fn root(table: &'a DeTable<'i>) -> Section<'a, 'i> {
        Section {
            path: String::new(),
            line: None,
            table: Some(table),
            known: Vec::new(),
        }
    }

    /// A table that is not in the file: everything in it reads as empty, without further faults.
    pub(crate) fn absent(&self, key: &str) -> Section<'a, 'i> {
        Section {
            path: self.path_of(key),
            line: None,
            table: None,
            known: Vec::new(),
        }
    }

    pub(crate) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    fn value(&mut self, all: &mut Gathered, key: &'static str) -> Option<&'a DeValue<'i>> {
        self.known.push(key);
        let value = self.table?.get(key)?;
        all.lines
            .insert(self.path_of(key), all.line_at(value.span().start));
        Some(value.get_ref())
    }

    /// Says that `key` is missing, unless the table itself could not be read.
    fn missing(&self, all: &mut Gathered, key: &str, example: &str) {
        if self.table.is_some() {
            all.fault(
                self.line,
                &self.path_of(key),
                format!("is missing: write {key} = {example}"),
            );
        }
    }

    fn wrong_type(&self, all: &mut Gathered, key: &str, expected: &str, got: &DeValue<'_>) {
        let path = self.path_of(key);
        let line = all.line_of(&path);
        all.fault(
            line,
            &path,
            format!("expected {expected}, got {}", got.type_str()),
        );
    }

    /// A text, if the key is there.
    pub(crate) fn optional_text(
        &mut self,
        all: &mut Gathered,
        key: &'static str,
    ) -> Option<&'a str> {
        let value = self.value(all, key)?;
        if value.as_str().is_none() {
            self.wrong_type(all, key, "a text in quotes", value);
            return Some("");
        }
        value.as_str()
    }

    /// A text that must be there.
    pub(crate) fn text(&mut self, all: &mut Gathered, key: &'static str, example: &str) -> String {
        match self.optional_text(all, key) {
            Some(text) => text.to_owned(),
            None => {
                self.missing(all, key, example);
                String::new()
            }
        }
    }

    /// A text in both languages, under `key_fr` and `key_en`.
    pub(crate) fn bilingual(&mut self, all: &mut Gathered, [fr, en]: [&'static str; 2]) -> Text {
        Text {
            fr: self.text(all, fr, "\"...\""),
            en: self.text(all, en, "\"...\""),
        }
    }

    /// A whole number that must fit `T`; `default` where the key may be absent.
    pub(crate) fn number<T: TryFrom<i64> + Default>(
        &mut self,
        all: &mut Gathered,
        key: &'static str,
        default: Option<T>,
    ) -> T {
        let Some(value) = self.value(all, key) else {
            if default.is_none() {
                self.missing(all, key, "1");
            }
            return default.unwrap_or_default();
        };
        let Some(integer) = value.as_integer() else {
            self.wrong_type(all, key, "a whole number", value);
            return T::default();
        };
        let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
        number.and_then(|n| T::try_from(n).ok()).unwrap_or_else(|| {
            let path = self.path_of(key);
            let line = all.line_of(&path);
            all.fault(line, &path, format!("{} is out of range", integer.as_str()));
            T::default()
        })
    }

    /// True or false; false where absent.
    pub(crate) fn flag(&mut self, all: &mut Gathered, key: &'static str) -> bool {
        let Some(value) = self.value(all, key) else {
            return false;
        };
        value.as_bool().unwrap_or_else(|| {
            self.wrong_type(all, key, "true or false", value);
            false
        })
    }

    /// One of a few words, or `default` where absent.
    pub(crate) fn word<T: Copy>(
        &mut self,
        all: &mut Gathered,
        key: &'static str,
        words: &[(&str, T)],
        default: T,
    ) -> T {
        let Some(text) = self.optional_text(all, key) else {
            return default;
        };
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return *value;
        }
        let expected: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let path = self.path_of(key);
        let line = all.line_of(&path);
        all.fault(
            line,
            &path,
            format!("expected {}, got `{text}`", expected.join(" or ")),
        );
        default
    }

    /// A date and time, quoted or not. `unreadable` where there is none or it makes no sense.
    fn instant(
        &mut self,
        all: &mut Gathered,
        key: &'static str,
        zone: Option<&TimeZone>,
        unreadable: i64,
    ) -> i64 {
        let text = match self.value(all, key) {
            Some(DeValue::Datetime(datetime)) => datetime.to_string(),
            Some(DeValue::String(text)) => text.to_string(),
            Some(other) => {
                self.wrong_type(all, key, "a date and time", other);
                return unreadable;
            }
            None => {
                self.missing(all, key, "2026-10-05T09:00:00");
                return unreadable;
            }
        };
        // Without a zone the dates cannot be judged; the zone's own fault comes first.
        let Some(zone) = zone else { return unreadable };
        instant::parse(&text, zone).unwrap_or_else(|error| {
            let path = self.path_of(key);
            let line = all.line_of(&path);
            all.fault(line, &path, error.to_string());
            unreadable
        })
    }

    /// The window of a ballot. A side that cannot be read is as wide as can be, so that it causes
    /// no second fault.
    pub(crate) fn window(&mut self, all: &mut Gathered, zone: Option<&TimeZone>) -> (i64, i64) {
        (
            self.instant(all, "opens", zone, i64::MIN),
            self.instant(all, "closes", zone, i64::MAX),
        )
    }

    /// The table under `key`, if it is there.
    pub(crate) fn table(
        &mut self,
        all: &mut Gathered,
        key: &'static str,
    ) -> Option<Section<'a, 'i>> {
        let value = self.value(all, key)?;
        let path = self.path_of(key);
        if value.as_table().is_none() {
            self.wrong_type(all, key, "a table", value);
        }
        let line = all.line_of(&path);
        Some(Section {
            line,
            path,
            table: value.as_table(),
            known: Vec::new(),
        })
    }

    /// The tables under `[[key]]`, at most `max`, in order.
    pub(crate) fn tables(
        &mut self,
        all: &mut Gathered,
        key: &'static str,
        max: usize,
    ) -> Vec<Section<'a, 'i>> {
        let Some(value) = self.value(all, key) else {
            return Vec::new();
        };
        let path = self.path_of(key);
        let Some(items) = value.as_array() else {
            self.wrong_type(all, key, &format!("one or more [[{key}]]"), value);
            return Vec::new();
        };
        if items.len() > max {
            let line = all.line_of(&path);
            all.fault(
                line,
                &path,
                format!("{} of them, at most {max} are taken", items.len()),
            );
        }
        let items = items.iter().take(max).enumerate();
        items
            .map(|(at, item)| item_section(all, format!("{path}[{at}]"), item))
            .collect()
    }

    /// Reports the keys that nobody asked for.
    pub(crate) fn finish(self, all: &mut Gathered) {
        for (key, _) in self.table.into_iter().flatten() {
            let name: &str = key.get_ref();
            if !self.known.contains(&name) {
                let line = all.line_at(key.span().start);
                let known = self.known.join(", ");
                let path = self.path_of(&name.chars().take(60).collect::<String>());
                all.fault(
                    Some(line),
                    &path,
                    format!("unknown key; known here: {known}"),
                );
            }
        }
    }
}

fn item_section<'a, 'i>(
    all: &mut Gathered,
    path: String,
    item: &'a Spanned<DeValue<'i>>,
) -> Section<'a, 'i> {
    let line = all.line_at(item.span().start);
    all.lines.insert(path.clone(), line);
    if item.get_ref().as_table().is_none() {
        all.fault(
            Some(line),
            &path,
            format!("expected a table, got {}", item.get_ref().type_str()),
        );
    }
    Section {
        path,
        line: Some(line),
        table: item.get_ref().as_table(),
        known: Vec::new(),
    }
}
