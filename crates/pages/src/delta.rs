//! What changes from one version of a page to another, so that a viewer who has one need not be sent
//! the other.
//!
//! A delta is a list of steps over the older text: skip, copy, insert. Rows move when an order changes, so
//! a copy may begin anywhere in the older text; a difference of lines, which only goes forward, would send
//! such a row anew. It takes time in proportion to the page. `assets/delta.js` applies it.

use std::collections::HashMap;

use serde_json::{Value, json};

/// Tags and texts that must follow each other alike before a copy begins anywhere else.
const RUN: usize = 3;
/// Such a copy saves nothing where it is shorter.
const RUN_BYTES_MIN: usize = 24;

/// One step: goes on by `skip` in the older text (back, where it is negative), copies from there, inserts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Step {
    skip: isize,
    copy: usize,
    insert: String,
}

/// The delta from `old` to `new` as JSON: `to` names the new version, which has `length` and `check`.
///
/// Lengths are counted in UTF-16 code units, as scripts count them.
#[must_use]
pub fn delta(old: &str, new: &str, to: &str) -> String {
    let steps = steps(old, new).into_iter();
    let steps = steps.flat_map(|step| [json!(step.skip), json!(step.copy), json!(step.insert)]);
    let steps: Vec<Value> = steps.collect();
    let (length, check) = (units(new), check(new));
    json!({ "to": to, "length": length, "check": check, "steps": steps }).to_string()
}

/// A checksum of a text (FNV-1a over its UTF-16 code units): it finds a viewer that has put a page together
/// wrongly. It is no defence: whoever sends a delta could send any page.
fn check(text: &str) -> u32 {
    let mixed = |sum: u32, unit: u16| (sum ^ u32::from(unit)).wrapping_mul(16_777_619);
    text.encode_utf16().fold(2_166_136_261, mixed)
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Where the older text stands while the newer one is followed.
struct Reading<'a> {
    old: Vec<&'a str>,
    /// Where each token of the older text begins, and where the last one ends.
    at: Vec<usize>,
    /// Where each run of the older text is; the last one of several that are alike.
    runs: HashMap<&'a [&'a str], usize>,
}

fn steps(old: &str, new: &str) -> Vec<Step> {
    let (old, new) = (tokens(old), tokens(new));
    let mut at = vec![0];
    at.extend(old.iter().scan(0, |sum, token| {
        *sum += units(token);
        Some(*sum)
    }));
    let runs = (0..old.len()).filter_map(|from| Some((old.get(from..from + RUN)?, from)));
    let reading = Reading {
        runs: runs.collect(),
        at,
        old: old.clone(),
    };
    reading.follow(&new)
}

impl<'a> Reading<'a> {
    fn follow(&self, new: &[&'a str]) -> Vec<Step> {
        let mut steps = vec![Step::default()];
        // Where the older text probably goes on, and the end of the last copy.
        let (mut next, mut copied, mut done) = (0, 0, 0);
        while done < new.len() {
            let from = match self.alike(next, &new[done..]) {
                0 => self.elsewhere(&new[done..]),
                _ => Some(next),
            };
            let step = steps.last_mut().expect("there is a first step");
            let Some(from) = from else {
                step.insert.push_str(new[done]);
                // What is inserted mostly stands in the place of one token.
                (next, done) = (next + 1, done + 1);
                continue;
            };
            let count = self.alike(from, &new[done..]);
            let copy = self.at[from + count] - self.at[from];
            if from == copied && step.insert.is_empty() {
                step.copy += copy;
            } else {
                steps.push(Step {
                    skip: self.at[from].cast_signed() - self.at[copied].cast_signed(),
                    copy,
                    insert: String::new(),
                });
            }
            (next, copied, done) = (from + count, from + count, done + count);
        }
        steps
    }

    /// How many tokens are alike from a place of the older text on.
    fn alike(&self, from: usize, new: &[&str]) -> usize {
        let old = self.old.get(from..).unwrap_or_default(); // behind the end nothing is alike
        old.iter().zip(new).take_while(|(a, b)| a == b).count()
    }

    /// Another place of the older text from which copying is worth its numbers.
    fn elsewhere(&self, new: &[&'a str]) -> Option<usize> {
        let from = *self.runs.get(new.get(..RUN)?)?;
        let count = self.alike(from, new);
        let bytes: usize = new[..count].iter().map(|token| token.len()).sum();
        (bytes >= RUN_BYTES_MIN).then_some(from)
    }
}

/// The tags of a text and what stands between them.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut begin = 0;
    for (at, byte) in text.bytes().enumerate() {
        let cut = match byte {
            b'<' => at,
            b'>' => at + 1,
            _ => continue,
        };
        if cut > begin {
            tokens.push(&text[begin..cut]);
            begin = cut;
        }
    }
    if begin < text.len() {
        tokens.push(&text[begin..]);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Puts a text together as `assets/delta.js` does.
    fn apply(old: &str, steps: &[Step]) -> String {
        let old: Vec<u16> = old.encode_utf16().collect();
        let (mut at, mut new) = (0, String::new());
        for step in steps {
            let from = usize::try_from(at + step.skip).expect("within the text");
            let copied = String::from_utf16(&old[from..from + step.copy]);
            new.push_str(&copied.expect("cut between characters"));
            new.push_str(&step.insert);
            at = (from + step.copy).cast_signed();
        }
        new
    }

    /// Pairs and their deltas; the browser's tests apply the same.
    const VECTORS: &str = include_str!("../browser/deltas.json");

    #[test]
    fn deltas_are_those_that_browsers_are_tested_with() {
        let vectors: Vec<Value> = serde_json::from_str(VECTORS).expect("JSON");
        assert!(vectors.len() >= 7);
        for vector in vectors {
            let text = |name: &str| vector[name].as_str().expect("a text").to_owned();
            let (old, new) = (text("old"), text("new"));
            let made: Value = serde_json::from_str(&delta(&old, &new, "v2")).expect("JSON");
            assert_eq!(made, vector["delta"], "from {old} to {new}: {made}");
        }
    }

    #[test]
    fn a_row_that_moves_is_copied() {
        let row = |n: u32| {
            format!(
                "<tr data-region=\"{n}\"><th>Riding {n}</th><td>{}</td></tr>",
                n * 997
            )
        };
        let page = |order: &[u32]| order.iter().map(|n| row(*n)).collect::<String>();
        let (old, new) = (page(&[1, 2, 3, 4, 5, 6]), page(&[5, 1, 2, 3, 4, 6]));
        let steps = steps(&old, &new);
        assert_eq!(apply(&old, &steps), new);
        let inserted: usize = steps.iter().map(|step| step.insert.len()).sum();
        assert_eq!(inserted, 0, "{steps:?}");
    }

    fn pages() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            "<t[dr] data-region=\"[0-3]\">",
            "</t[dr]>",
            "[0-9]{1,3}",
            "Riding [0-3] is élu 🗳 by \u{a0}%",
            "[<>&é🗳\"]{0,3}",
        ];
        prop::collection::vec(part, 0..60).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn every_page_comes_of_every_other(old in pages(), new in pages(), at in 0_usize..60) {
            prop_assert_eq!(apply(&old, &steps(&old, &new)), new.clone());
            // And of one that is much like it.
            let mut parts = tokens(&old);
            let rest = parts.split_off(at.min(parts.len()));
            let moved = [rest.concat(), new, parts.concat()].concat();
            prop_assert_eq!(apply(&old, &steps(&old, &moved)), moved);
        }
    }
}
