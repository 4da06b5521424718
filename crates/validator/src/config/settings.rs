//! Settings as they were given, layer over layer: flags over environment over file over default.
//!
//! Nothing is interpreted here, and nothing of the system is touched: every source comes in as a
//! value, so that the order of layers is tested as data.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use handwritten::{Document, Reading, Section};

use super::keys::{KEYS, SettingKey};

/// Mistakes of syntax that are named at once.
const FAULTS_MAX: usize = 100;

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

impl Setting {
    /// The text of a setting that is no list.
    pub(crate) fn text(&self) -> &str {
        let [text] = self.values.as_slice() else {
            unreachable!("a setting that is no list has one text, wherever it comes from");
        };
        text
    }
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

    /// The defaults of all settings that have one.
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
        let mut all = Reading::new(text);
        if let Some(document) = Document::parse(&mut all, FAULTS_MAX) {
            self.lay_sections(path, &mut all, document.root());
        }
        let faults = all.faults.iter();
        faults
            .map(|fault| format!("{}, {fault}", path.display()))
            .collect()
    }

    /// Lays what stands outside all sections, then section by section.
    fn lay_sections(&mut self, path: &Path, all: &mut Reading<'_>, mut root: Section<'_, '_>) {
        let sections: BTreeSet<&'static str> =
            KEYS.iter().filter_map(|key| key.section()).collect();
        for key in KEYS.iter().filter(|key| key.section().is_none()) {
            self.lay_value(path, all, &mut root, key);
        }
        for name in sections {
            let Some(mut section) = root.table(all, name) else {
                continue;
            };
            for key in KEYS.iter().filter(|key| key.section() == Some(name)) {
                self.lay_value(path, all, &mut section, key);
            }
            section.finish(all);
        }
        root.finish(all);
    }

    fn lay_value(
        &mut self,
        path: &Path,
        all: &mut Reading<'_>,
        section: &mut Section<'_, '_>,
        key: &SettingKey,
    ) {
        let values = if key.list {
            section.texts(all, key.last())
        } else {
            let text = section.scalar(all, key.last());
            text.map(|text| vec![text])
        };
        if let Some(values) = values {
            let line = all
                .line_of(key.name)
                .expect("a value that was read has a line");
            let path = path.to_owned();
            self.put(key.name, Origin::File { path, line }, values);
        }
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

/// How the names of the validator's environment variables begin.
pub(crate) const PREFIX: &str = "VALIDATOR_";

/// Every environment variable that is read.
pub(crate) fn variable_names() -> Vec<String> {
    KEYS.iter().map(variable_name).collect()
}

fn variable_name(key: &SettingKey) -> String {
    format!("{PREFIX}{}", key.name.replace('.', "_").to_uppercase())
}

fn split(key: &SettingKey, text: &str) -> Vec<String> {
    if !key.list {
        return vec![text.to_owned()];
    }
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}
