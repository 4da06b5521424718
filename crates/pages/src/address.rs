//! Addresses of pages, which carry the language; and where they lead when pages are files.

use election::Language;

/// `path` with `lang` as its last parameter. Pages keep no cookie: their links carry the language.
pub(crate) fn with_lang(path: &str, lang: Language) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}lang={}", lang.tag())
}

/// Where the links of a page lead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Links {
    /// To addresses of the program that serves the page.
    #[default]
    Program,
    /// To other files, from a file so many directories below the first: they may lie below any path.
    Files { depth: usize },
}

impl Links {
    /// Those of a page that is a file.
    pub(crate) fn of_file(path: &str, lang: Language) -> Links {
        let depth = file_of(path, lang).matches('/').count();
        Links::Files { depth }
    }

    /// A page, or a document of it, in a language.
    pub(crate) fn page(&self, path: &str, lang: Language) -> String {
        match self {
            Links::Program => with_lang(path, lang),
            Links::Files { depth } => up(*depth) + &file_of(path, lang),
        }
    }

    /// What is the same in all languages: styles, scripts, documents of the API.
    pub(crate) fn data(&self, path: &str) -> String {
        match self {
            Links::Program => path.to_owned(),
            Links::Files { depth } => up(*depth) + &data_file_of(path),
        }
    }
}

fn up(depth: usize) -> String {
    "../".repeat(depth)
}

/// The file of a page: French pages lie where the program has them, English ones below `en/`.
pub(crate) fn file_of(path: &str, lang: Language) -> String {
    let path = path.trim_start_matches('/');
    if path.starts_with("statements/") {
        return path.to_owned();
    }
    let language = lang.pick("", "en/");
    let is_file = path.ends_with(".csv");
    let slash = if path.is_empty() { "" } else { "/" };
    match is_file {
        true => format!("{language}{path}"),
        false => format!("{language}{path}{slash}index.html"),
    }
}

/// The file of what has no language. Documents of the API are JSON, and their files say so.
pub(crate) fn data_file_of(path: &str) -> String {
    let path = path.trim_start_matches('/');
    match path.starts_with("api/") {
        true => format!("{path}.json"),
        false => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_link_to_files_from_wherever_they_lie() {
        for (from, to, lang, link) in [
            ("/", "/ballots/L", Language::French, "ballots/L/index.html"),
            ("/", "/", Language::English, "en/index.html"),
            ("/ballots/L", "/", Language::French, "../../index.html"),
            (
                "/embed/ballots/E/regions/2",
                "/ballots/E/results.csv",
                Language::English,
                "../../../../../en/ballots/E/results.csv",
            ),
            (
                "/ballots/L",
                "/statements/ab.json.minisig",
                Language::English,
                "../../statements/ab.json.minisig",
            ),
        ] {
            let links = Links::of_file(from, Language::French);
            assert_eq!(links.page(to, lang), link);
        }
        let links = Links::of_file("/ballots/L", Language::English);
        assert_eq!(
            links.data("/api/v1/results/L"),
            "../../../api/v1/results/L.json"
        );
        assert_eq!(links.data("/assets/x.css"), "../../../assets/x.css");
    }
}
