//! Reads one table key by key, noting faults instead of stopping.
//!
//! A value that cannot be read becomes its type's empty value and a fault, so that the rest of the
//! table is still looked at. Every key asked for counts as known; what is left over is a fault.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::reading::Reading;

/// One table of a text, being read. The methods that read a value take what they find wrong with it
/// into the [`Reading`].
#[derive(Debug)]
pub struct Section<'a, 'i> {
    path: String,
    line: Option<usize>,
    table: Option<&'a DeTable<'i>>,
    known: Vec<&'static str>,
}

impl<'a, 'i> Section<'a, 'i> {
    pub(crate) fn root(table: &'a DeTable<'i>) -> Section<'a, 'i> {
        Section {
            path: String::new(),
            line: None,
            table: Some(table),
            known: Vec::new(),
        }
    }

    /// A table that is not in the text: everything in it reads as empty, without further faults.
    #[must_use]
    pub fn absent(&self, key: &str) -> Section<'a, 'i> {
        Section {
            path: self.path_of(key),
            line: None,
            table: None,
            known: Vec::new(),
        }
    }

    /// The path of a key of this table, such as `election[0].seats`.
    #[must_use]
    pub fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    fn value(&mut self, all: &mut Reading<'_>, key: &'static str) -> Option<&'a DeValue<'i>> {
        self.known.push(key);
        let value = self.table?.get(key)?;
        all.note_line(self.path_of(key), value.span().start);
        Some(value.get_ref())
    }

    /// Says that `key` is missing, unless the table itself could not be read.
    fn missing(&self, all: &mut Reading<'_>, key: &str, example: &str) {
        if self.table.is_some() {
            all.fault(
                self.line,
                &self.path_of(key),
                format!("is missing: write {key} = {example}"),
            );
        }
    }

    fn wrong_type(&self, all: &mut Reading<'_>, key: &str, expected: &str, got: &DeValue<'_>) {
        let path = self.path_of(key);
        let line = all.line_of(&path);
        all.fault(
            line,
            &path,
            format!("expected {expected}, got {}", got.type_str()),
        );
    }

    /// A text, if the key is there.
    pub fn optional_text(&mut self, all: &mut Reading<'_>, key: &'static str) -> Option<&'a str> {
        let value = self.value(all, key)?;
        if value.as_str().is_none() {
            self.wrong_type(all, key, "a text in quotes", value);
            return Some("");
        }
        value.as_str()
    }

    /// A text that must be there.
    pub fn text(&mut self, all: &mut Reading<'_>, key: &'static str, example: &str) -> String {
        match self.optional_text(all, key) {
            Some(text) => text.to_owned(),
            None => {
                self.missing(all, key, example);
                String::new()
            }
        }
    }

    /// A whole number that must fit `T`; `default` where the key may be absent.
    pub fn number<T: TryFrom<i64> + Default>(
        &mut self,
        all: &mut Reading<'_>,
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
    pub fn flag(&mut self, all: &mut Reading<'_>, key: &'static str) -> bool {
        let Some(value) = self.value(all, key) else {
            return false;
        };
        value.as_bool().unwrap_or_else(|| {
            self.wrong_type(all, key, "true or false", value);
            false
        })
    }

    /// One of a few words, or `default` where absent.
    pub fn word<T: Copy>(
        &mut self,
        all: &mut Reading<'_>,
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

    /// A date and time as it is written, quoted or not. None, and a fault, where there is none.
    pub fn datetime(
        &mut self,
        all: &mut Reading<'_>,
        key: &'static str,
        example: &str,
    ) -> Option<String> {
        match self.value(all, key) {
            Some(DeValue::Datetime(datetime)) => Some(datetime.to_string()),
            Some(DeValue::String(text)) => Some(text.to_string()),
            Some(other) => {
                self.wrong_type(all, key, "a date and time", other);
                None
            }
            None => {
                self.missing(all, key, example);
                None
            }
        }
    }

    /// A text, or a decimal integer as it is written, if the key is there.
    pub fn scalar(&mut self, all: &mut Reading<'_>, key: &'static str) -> Option<String> {
        match self.value(all, key)? {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
            DeValue::Boolean(is_true) => Some(is_true.to_string()),
            DeValue::Integer(_) => {
                let path = self.path_of(key);
                let line = all.line_of(&path);
                all.fault(
                    line,
                    &path,
                    "expected a decimal integer, without 0x, 0o or 0b",
                );
                None
            }
            other => {
                self.wrong_type(
                    all,
                    key,
                    "a text in quotes, a decimal integer, true or false",
                    other,
                );
                None
            }
        }
    }

    /// A list of texts, if the key is there.
    pub fn texts(&mut self, all: &mut Reading<'_>, key: &'static str) -> Option<Vec<String>> {
        let value = self.value(all, key)?;
        let items = value.as_array().map(|items| items.iter());
        let texts = items.and_then(|items| {
            items
                .map(|item| item.get_ref().as_str().map(str::to_owned))
                .collect()
        });
        if texts.is_none() {
            self.wrong_type(all, key, "a list of texts in quotes", value);
        }
        texts
    }

    /// The table under `key`, if it is there.
    pub fn table(&mut self, all: &mut Reading<'_>, key: &'static str) -> Option<Section<'a, 'i>> {
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
    pub fn tables(
        &mut self,
        all: &mut Reading<'_>,
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
    pub fn finish(self, all: &mut Reading<'_>) {
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
    all: &mut Reading<'_>,
    path: String,
    item: &'a Spanned<DeValue<'i>>,
) -> Section<'a, 'i> {
    let line = all.note_line(path.clone(), item.span().start);
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
