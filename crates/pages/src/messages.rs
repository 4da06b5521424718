//! Every text that a page shows, from one Fluent file per language.
//!
//! Code and templates hold ids only. Scripts get theirs as a JSON object in the page: the messages
//! whose ids start with the script's prefix, with `%name%` where the script fills something in.

use std::borrow::Cow;
use std::sync::LazyLock;

use election::Language;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

const FR: &[&str] = &[
    include_str!("../messages/fr/page.ftl"),
    include_str!("../messages/fr/voter.ftl"),
    include_str!("../messages/fr/results.ftl"),
    include_str!("../messages/fr/monitor.ftl"),
];
const EN: &[&str] = &[
    include_str!("../messages/en/page.ftl"),
    include_str!("../messages/en/voter.ftl"),
    include_str!("../messages/en/results.ftl"),
    include_str!("../messages/en/monitor.ftl"),
];

static FRENCH: LazyLock<Messages> = LazyLock::new(|| Messages::read(Language::French, FR));
static ENGLISH: LazyLock<Messages> = LazyLock::new(|| Messages::read(Language::English, EN));

/// The messages of one language.
pub(crate) struct Messages {
    bundle: FluentBundle<FluentResource>,
    ids: Vec<String>,
}

impl Messages {
    /// The messages of that language, read on first use.
    pub(crate) fn of(lang: Language) -> &'static Messages {
        match lang {
            Language::French => &FRENCH,
            Language::English => &ENGLISH,
        }
    }

    fn read(lang: Language, files: &[&str]) -> Messages {
        let language: LanguageIdentifier = lang.tag().parse().expect("fr and en are language tags");
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        // Marks of direction around values are of no use between two left-to-right languages.
        bundle.set_use_isolating(false);
        let mut ids = Vec::new();
        for file in files {
            ids.extend(ids_of(file).map(str::to_owned));
            let resource = FluentResource::try_new((*file).to_owned())
                .unwrap_or_else(|(_, errors)| panic!("a message file of this program: {errors:?}"));
            bundle.add_resource_overriding(resource);
        }
        Messages { bundle, ids }
    }

    /// A message without variables.
    pub(crate) fn get(&self, id: &str) -> Cow<'_, str> {
        self.format(id, None)
    }

    /// A message with its variables.
    pub(crate) fn fill<const N: usize>(
        &self,
        id: &str,
        values: [(&'static str, FluentValue<'_>); N],
    ) -> String {
        let args: FluentArgs<'_> = values.into_iter().collect();
        self.format(id, Some(&args)).into_owned()
    }

    /// An unknown id stops a debug build: the tests render every page in every state, so they find
    /// it. A release shows the id, because a voter is better served by an odd word than by no page.
    fn format<'a>(&'a self, id: &str, args: Option<&FluentArgs<'_>>) -> Cow<'a, str> {
        let Some(pattern) = self.bundle.get_message(id).and_then(|m| m.value()) else {
            debug_assert!(false, "no message has the id {id}");
            return Cow::Owned(id.to_owned());
        };
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, args, &mut errors);
        Cow::Owned(text.into_owned())
    }

    /// The messages with these prefixes as a JSON object, safe inside a `script` element.
    pub(crate) fn for_script(&self, prefixes: &[&str]) -> String {
        let texts: serde_json::Map<String, serde_json::Value> = self
            .ids
            .iter()
            .filter_map(|id| {
                let own = prefixes.iter().find_map(|prefix| id.strip_prefix(prefix))?;
                Some((own.to_owned(), self.get(id).into()))
            })
            .collect();
        serde_json::Value::Object(texts)
            .to_string()
            .replace('<', "\\u003c")
    }
}

/// Ids at the start of a line, followed by ` =`.
fn ids_of(file: &str) -> impl Iterator<Item = &str> {
    file.lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
        .filter_map(|line| Some(line.split_once(" =")?.0))
}

#[cfg(test)]
mod tests;
