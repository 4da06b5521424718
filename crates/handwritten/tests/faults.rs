//! What people get wrong, and how each fault is told.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use handwritten::{Document, Reading, Section};

/// Reads `text` by `read` and compares the faults.
fn check(text: &str, read: impl Fn(&mut Reading<'_>, &mut Section<'_, '_>), expected: &[&str]) {
    let mut all = Reading::new(text);
    if let Some(document) = Document::parse(&mut all, 2) {
        let mut root = document.root();
        read(&mut all, &mut root);
        root.finish(&mut all);
    }
    let faults: Vec<String> = all.faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults, expected, "{text}");
}

#[test]
fn mistakes_of_syntax_stand_alone_and_are_bounded() {
    let faults = |text| {
        let mut all = Reading::new(text);
        assert!(Document::parse(&mut all, 2).is_none());
        all.faults
    };
    let one = faults("a = 1\nb = = 2\n");
    assert!(one.iter().all(|fault| fault.line == Some(2)), "{one:?}");
    assert_eq!(faults("= 1\n= 2\n= 3\n= 4\n").len(), 2);
}

#[test]
fn values_that_may_be_scalar() {
    let read = |all: &mut Reading<'_>, root: &mut Section<'_, '_>| {
        assert_eq!(root.scalar(all, "text").as_deref(), Some("x"));
        assert_eq!(root.scalar(all, "integer").as_deref(), Some("-1"));
        assert_eq!(root.scalar(all, "yes").as_deref(), Some("true"));
        assert_eq!(root.scalar(all, "absent"), None);
        assert_eq!(root.scalar(all, "hex"), None);
        assert_eq!(root.scalar(all, "list"), None);
    };
    check(
        "text = 'x'\ninteger = -1\nhex = 0x20\nlist = []\nyes = true\n",
        read,
        &[
            "line 3: hex: expected a decimal integer, without 0x, 0o or 0b",
            "line 4: list: expected a text in quotes, a decimal integer, true or false, got array",
        ],
    );
}

#[test]
fn lists_of_texts() {
    let read = |all: &mut Reading<'_>, root: &mut Section<'_, '_>| {
        let texts = vec!["x".to_owned(), "y".to_owned()];
        assert_eq!(root.texts(all, "good"), Some(texts));
        assert_eq!(root.texts(all, "absent"), None);
        assert_eq!(root.texts(all, "mixed"), None);
        assert_eq!(root.texts(all, "one"), None);
    };
    check(
        "good = ['x', 'y']\nmixed = ['x', 1]\none = 'x'\n",
        read,
        &[
            "line 2: mixed: expected a list of texts in quotes, got array",
            "line 3: one: expected a list of texts in quotes, got string",
        ],
    );
}

#[test]
fn what_nobody_asked_for_is_unknown_in_its_section() {
    let read = |all: &mut Reading<'_>, root: &mut Section<'_, '_>| {
        let mut section = root.table(all, "section").unwrap();
        assert!(section.flag(all, "flag"));
        section.finish(all);
    };
    check(
        "[section]\nflag = true\nflog = false\n[other]\n",
        read,
        &[
            "line 3: section.flog: unknown key; known here: flag",
            "line 4: other: unknown key; known here: section",
        ],
    );
}
