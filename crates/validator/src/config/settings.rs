//! Settings as they were given, layer over layer: flags over environment over file over default.
//!
//! Nothing is interpreted here, and nothing of the system is touched: every source comes in as a
//! value, so that the order of layers is tested as data.

use super::keys::{KEYS, Key};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where a setting was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Flag(&'static str),
    Environment(String),
    File { path: PathBuf, line: usize },
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag(flag) => write!(f, "--{flag}"),
            Origin::Environment(name) => write!(f, "environment variable {name}"),
            Origin::File { path, line } => write!(f, "{}, line {line}", path.display()),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// One setting: its text, several where the key is a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) origin: Origin,
    pub(crate) values: Vec<String>,
}

/// Every key that was given anywhere.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    by_key: BTreeMap<&'static str, Setting>,
}

impl Settings {
    pub(crate) fn get(&self, key: &str) -> Option<&Setting> {
        self.by_key.get(key)
    }

    /// Takes the defaults.
    pub(crate) fn defaults() -> Settings {
        let mut settings = Settings::default();
        for key in KEYS {
            if let Some(text) = key.default {
                settings.put(key.name, Origin::Default, split(key, text));
            }
        }
        settings
    }

    /// Lays a configuration file over what is there; `path` is for messages. Returns the faults.
    pub(crate) fn lay_file(&mut self, path: &Path, text: &str) -> Vec<String> {
        let mut faults = Vec::new();
        let table = match toml::de::DeTable::parse(text) {
            Ok(table) => table,
            Err(error) => {
                let line = line_of(text, error.span().map_or(0, |span| span.start));
                return vec![format!(
                    "{}, line {line}: {}",
                    path.display(),
                    error.message()
                )];
            }
        };
        for (name, value) in table.get_ref() {
            let section = name.get_ref().as_ref();
            if let toml::de::DeValue::Table(inner) = value.get_ref() {
                for (name, value) in inner {
                    let line = line_of(text, name.span().start);
                    let key = format!("{section}.{}", name.get_ref());
                    faults.extend(self.lay_value(path, line, &key, value.get_ref()));
                }
            } else {
                let line = line_of(text, name.span().start);
                faults.extend(self.lay_value(path, line, section, value.get_ref()));
            }
        }
        faults
    }

    fn lay_value(
        &mut self,
        path: &Path,
        line: usize,
        name: &str,
        value: &toml::de::DeValue<'_>,
    ) -> Option<String> {
        let place = format!("{}, line {line}", path.display());
        let Some(key) = KEYS.iter().find(|key| key.name == name) else {
            return Some(format!(
                "{place}: {name} is no setting: see deploy/validator.toml"
            ));
        };
        let Some(values) = texts(key, value) else {
            let expected = if key.list {
                "a list of strings"
            } else {
                "a string or an integer"
            };
            return Some(format!("{place}: {name} must be {expected}"));
        };
        self.put(
            key.name,
            Origin::File {
                path: path.to_owned(),
                line,
            },
            values,
        );
        None
    }

    /// Lays environment variables over what is there: `VALIDATOR_HTTP_BODY_BYTES_MAX` for
    /// `http.body_bytes_max`; lists are separated by commas.
    pub(crate) fn lay_environment(&mut self, variable: impl Fn(&str) -> Option<String>) {
        for key in KEYS {
            let name = variable_name(key);
            if let Some(text) = variable(&name) {
                self.put(key.name, Origin::Environment(name), split(key, &text));
            }
        }
    }

    /// Lays a flag over what is there, if it was given.
    pub(crate) fn lay_flag(&mut self, flag: &'static str, key: &'static str, values: Vec<String>) {
        if !values.is_empty() {
            self.put(key, Origin::Flag(flag), values);
        }
    }

    fn put(&mut self, key: &'static str, origin: Origin, values: Vec<String>) {
        self.by_key.insert(key, Setting { origin, values });
    }
}

fn variable_name(key: &Key) -> String {
    format!("VALIDATOR_{}", key.name.replace('.', "_").to_uppercase())
}

fn split(key: &Key, text: &str) -> Vec<String> {
    if !key.list {
        return vec![text.to_owned()];
    }
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}

fn texts(key: &Key, value: &toml::de::DeValue<'_>) -> Option<Vec<String>> {
    use toml::de::DeValue;
    match value {
        DeValue::String(text) if !key.list => Some(vec![text.to_string()]),
        DeValue::Integer(number) if !key.list && number.radix() == 10 => {
            Some(vec![number.as_str().to_owned()])
        }
        DeValue::Array(items) if key.list => items
            .iter()
            .map(|item| item.get_ref().as_str().map(str::to_owned))
            .collect(),
        _ => None,
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text
        .bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count()
}
