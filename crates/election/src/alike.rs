//! Names that look alike on paper and on a screen.

use std::collections::HashMap;
use std::hash::Hash;

use unicode_security::confusable_detection::skeleton;
use unicode_security::mixed_script::AugmentedScriptSet;

/// What a reader sees of a name. Names are alike where either half is: capitals and small letters have
/// different doubles in other scripts.
pub(crate) type Looks = [String; 2];

/// The looks of a name: how its spaces are written, small letters or capitals, composed or decomposed
/// accents, and letters that another script draws alike make no difference.
pub(crate) fn looks(name: &str) -> Looks {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let drawn = |text: &str| skeleton(text).collect::<String>();
    [drawn(&name.to_lowercase()), drawn(&name).to_lowercase()]
}

/// The scripts that a whole name may be written in; none where it mixes them.
pub(crate) fn scripts(name: &str) -> AugmentedScriptSet {
    AugmentedScriptSet::for_str(name)
}

/// Calls `alike(at, first)` for each name whose looks, under the same key, already stood at `first`.
pub(crate) fn pairs<K: Hash + Eq + Clone>(
    names: impl Iterator<Item = (K, Looks)>,
    mut alike: impl FnMut(usize, usize),
) {
    let mut seen: [HashMap<(K, String), usize>; 2] = [HashMap::new(), HashMap::new()];
    for (at, (key, looks)) in names.enumerate() {
        let mut first = at;
        for (seen, half) in seen.iter_mut().zip(looks) {
            let earlier = seen.entry((key.clone(), half)).or_insert(at);
            first = first.min(*earlier);
        }
        if first != at {
            alike(at, first);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn are_alike(one: &str, other: &str) -> bool {
        let mut found = false;
        let names = [one, other].map(|name| ((), looks(name)));
        pairs(names.into_iter(), |_, _| found = true);
        found
    }

    #[test]
    fn doubles_are_found_and_other_names_are_not() {
        for (one, other) in [
            ("Côté", "Co\u{302}te\u{301}"),
            ("A. Boris", "А. Boris"),
            ("BORIS", "ВОRІЅ"),
            ("Noël", "Νoël"),
            ("Omar", "Οmar"),
            ("a  b", "A\u{a0}b"),
            ("L'Écuyer", "L’Écuyer"),
            ("دار", "دا\u{200c}ر"),
        ] {
            assert!(are_alike(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("André", "Andre"),
            ("Françoise", "François"),
            ("Candidat-01", "Candidat-11"),
            ("Candidat-10", "Candidat-16"),
            ("王小明", "王小朋"),
            ("محمد", "أحمد"),
            ("Иван", "Ivan"),
        ] {
            assert!(!are_alike(one, other), "{one} {other}");
        }
    }
}
