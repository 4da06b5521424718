//! Words that say something: a doc comment tells more than the name, and names what there is.

use std::collections::BTreeSet;

/// Words that a doc comment needs to say more than a name does. Delete a shorter one, or say what
/// the name does not: units, ranges, errors, the reason why.
const WORDS_MIN: usize = 4;

/// Names of other people's programs and systems that comments and documents may quote.
const FOREIGN: &[&str] = &[
    "CLOCK_BOOTTIME",
    "CLOCK_REALTIME",
    "RENAME_EXCHANGE",
    "RENAME_NOREPLACE",
    "RUST_LOG",
    "TCP_USER_TIMEOUT",
    "all_targets",
    "nocapture",
];

#[test]
fn doc_comments_say_more_than_names() {
    let mut short = Vec::new();
    for source in tidy::sources() {
        for doc in source.docs() {
            if doc.text.split_whitespace().count() < WORDS_MIN {
                short.push(format!("{}:{}: {}", source.path, doc.line, doc.text));
            }
        }
    }
    assert!(
        short.is_empty(),
        "{} doc comments have fewer than {WORDS_MIN} words:\n{}",
        short.len(),
        short.join("\n")
    );
}

/// Two first sentences of which the second begins like the first are two comments on one item: one
/// was left behind by an item that moved.
#[test]
fn an_item_has_one_doc_comment() {
    for source in tidy::sources() {
        for doc in source.docs() {
            let mut lines = doc.text.lines();
            let (Some(first), Some(second)) = (lines.next(), lines.next()) else {
                continue;
            };
            let verb = |line: &str| line.split_whitespace().next().map(str::to_owned);
            assert!(
                !(first.ends_with('.') && verb(first) == verb(second)),
                "{}:{}: two comments stand on one item",
                source.path,
                doc.line
            );
        }
    }
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The part of `quoted` that must be a name of ours: the last segment of a path, a constant, a
/// type's name in two words or more, or a function with its parentheses.
fn name_in(quoted: &str) -> Option<&str> {
    let path = quoted.trim_end_matches("()");
    let is_path = path
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':');
    let name = path.rsplit("::").next().filter(|_| is_path)?;
    let humps = name.chars().filter(char::is_ascii_uppercase).count();
    let is_type = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.contains(|c: char| c.is_ascii_lowercase())
        && humps >= 2;
    let is_constant = name.contains('_')
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && !name.contains(|c: char| c.is_ascii_lowercase());
    (path.contains("::") || path != quoted || is_type || is_constant).then_some(name)
}

/// The names of the flags in `text`, with underscores as the fields have them that clap reads.
fn flags(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| c.is_whitespace() || "`()[]{},;:|".contains(c))
        .filter_map(|word| word.strip_prefix("--"))
        .map(|flag| flag.split('=').next().unwrap_or(flag))
        .filter(|flag| flag.starts_with(|c: char| c.is_ascii_lowercase()))
        .map(|flag| {
            flag.trim_end_matches(['.', '?', '!', '\''])
                .replace('-', "_")
        })
}

fn known_names() -> BTreeSet<String> {
    let mut known: BTreeSet<String> = FOREIGN.iter().map(|name| (*name).to_owned()).collect();
    for source in tidy::sources() {
        let code = source.code();
        let names = code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        known.extend(names.map(str::to_owned));
    }
    known
}

#[test]
fn comments_name_what_there_is() {
    let known = known_names();
    let mut faults = Vec::new();
    for source in tidy::sources() {
        for comment in source.comments() {
            let names = quoted(&comment.text).filter_map(name_in).map(str::to_owned);
            for name in names.chain(flags(&comment.text)) {
                if !known.contains(&name) {
                    faults.push(format!("{}:{}: {name}", source.path, comment.line));
                }
            }
        }
    }
    assert!(
        faults.is_empty(),
        "comments name what does not exist (or is not ours: then add it to FOREIGN):\n{}",
        faults.join("\n")
    );
}

#[test]
fn documents_name_flags_that_there_are() {
    let known = known_names();
    let mut faults = Vec::new();
    for (path, text) in tidy::documents() {
        for (line, number) in text.lines().zip(1..) {
            for flag in quoted(line).flat_map(flags) {
                if !known.contains(&flag) {
                    faults.push(format!("{path}:{number}: --{}", flag.replace('_', "-")));
                }
            }
        }
    }
    assert!(
        faults.is_empty(),
        "documents name flags that no program has:\n{}",
        faults.join("\n")
    );
}

#[test]
fn names_are_found_in_comments() {
    let names = |text| quoted(text).filter_map(name_in).collect::<Vec<&str>>();
    assert_eq!(
        names("`Outcome::Gone` of `Link`, `fold()`"),
        ["Gone", "fold"]
    );
    assert_eq!(
        names("`NoSuchThing`, `A_LIMIT`, `oui`, `a b`"),
        ["NoSuchThing", "A_LIMIT"]
    );
    let found: Vec<String> = flags("with --max-rejects=2, `--key`.").collect();
    assert_eq!(found, ["max_rejects", "key"]);
}
