//! The line of the results pages about witnesses.

use election::Language;

use super::{ballot, event, law_views, night};
use crate::results::{self, CheckedBy, CheckingWitness, Stage};

/// Three witnesses that saw the count so many seconds ago.
pub(super) fn checked(seconds_ago: &[Option<u64>; 3]) -> CheckedBy {
    let names = ["paper", "party", "university"].into_iter();
    let witness = |(name, seconds_ago): (&str, &Option<u64>)| CheckingWitness {
        name: name.to_owned(),
        url: format!("https://witness.{name}.example/"),
        seconds_ago: *seconds_ago,
    };
    CheckedBy {
        required: 2,
        witnesses: names.zip(seconds_ago).map(witness).collect(),
    }
}

/// The only links that lead away, and they take nothing of the page along.
pub(super) fn is_witness(html: &str, path: &str) -> bool {
    let link = format!("href=\"{path}\" target=\"_blank\" rel=\"external noopener noreferrer\"");
    path.starts_with("https://witness.") && html.contains(&link)
}

#[test]
fn results_name_the_witnesses_who_have_seen_them() {
    let event = event();
    let night = night(&event, Language::English);
    let law = ballot(&event, "L2025-002");
    let mut plain = checked(&[Some(3), Some(200), Some(9_000)]);
    plain.witnesses[0].url = "javascript:alert(1)".to_owned();
    for (checked, says, never) in [
        (None, "Provisional results: counting", "Checked by"),
        (
            Some(checked(&[Some(12), None, Some(7)])),
            "Checked by 2 of 3 witnesses<span class=\"screen\">, 12\u{a0}s ago</span> – <a href=\"https://witness.paper.example/\" target=\"_blank\" rel=\"external noopener noreferrer\">paper</a>, <a href=\"https://witness.party.example/\" target=\"_blank\" rel=\"external noopener noreferrer\">party</a> (not yet), <a",
            "so far",
        ),
        (
            Some(checked(&[Some(12), None, None])),
            "Checked by 1 of 3 witnesses so far; required: 2 – <a",
            " ago",
        ),
        (
            Some(plain),
            "witnesses<span class=\"screen\">, 2\u{a0}h ago</span> – <span>paper</span>, <a",
            "javascript",
        ),
    ] {
        let mut view = law_views(&Stage::Counting).remove(0);
        view.progress.checked = checked;
        let html = results::law(&night, law, law.law().expect("a law"), &view).html;
        assert!(html.contains(says), "{says}: {html}");
        assert!(!html.contains(never), "{never}: {html}");
    }
}
