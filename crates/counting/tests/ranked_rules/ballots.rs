//! Rules that settle one ballot by itself.

use serde_json::{Value, json};

use super::contest::{check, line, result};

#[test]
fn skipped_ranks_stop_a_ballot_only_before_a_further_mark() {
    let max = |max: Value| json!({"candidates": "AB", "rules": {"max_skipped_ranks": max}});
    let ballots = ["5 A", "1 - B", "1 - - B", "1 - - - B"];
    check(
        &ballots,
        max(json!(0)),
        &["A 5 B 0 | T 3 | +A | skipped_rankings 3"],
    );
    check(
        &ballots,
        max(json!(1)),
        &["A 5 B 1 | T 4 | +A | skipped_rankings 2"],
    );
    check(&ballots, max(json!(null)), &["A 5 B 3 | T 5 | +A"]);
    // After the last mark nothing is skipped: the ballot has no further choice.
    check(
        &["3 A", "3 B", "1 C - - -", "1 C - - B"],
        json!({"candidates": "ABC",
        "rules": {"max_skipped_ranks": 1}}),
        &[
            "A 3 B 3 C 2 | T 5 | -C",
            "A 3 B 3 | T 4 | +A | exhausted_choices 1 | skipped_rankings 1",
        ],
    );
    // Skipped ranks are looked at before the overvote that follows them.
    check(
        &["5 A", "1 - - A=B"],
        max(json!(1)),
        &["A 5 B 0 | T 3 | +A | skipped_rankings 1"],
    );
}

#[test]
fn overvotes_stop_are_skipped_or_count_for_the_only_one_who_continues() {
    let rule = |rule: &str| json!({"candidates": "ABC", "rules": {"overvote": rule}});
    let ballots = ["4 A", "3 B", "1 A=B C", "1 C A=C B", "1 C A=B"];
    check(
        &ballots,
        rule("exhaust"),
        &[
            "A 4 B 3 C 2 | T 5 | -C | overvotes 1",
            "A 4 B 3 | T 4 | +A | overvotes 3",
        ],
    );
    check(
        &ballots,
        rule("skip"),
        &[
            "A 4 B 3 C 3 | T 6 | -C",
            "A 4 B 4 | T 5 | +A | exhausted_choices 2",
        ],
    );
    check(
        &ballots,
        rule("exhaust_if_multiple_continuing"),
        &[
            "A 4 B 3 C 2 | T 5 | -C | overvotes 1",
            "A 5 B 3 | T 5 | +A | overvotes 2",
        ],
    );
    // A ballot that stopped at two continuing stays stopped when one of them leaves.
    check(
        &["4 A", "1 B", "3 D", "3 B=D"],
        json!({"candidates": "ABD",
        "rules": {"overvote": "exhaust_if_multiple_continuing"}}),
        &[
            "A 4 B 1 D 3 | T 5 | -B | overvotes 3",
            "A 4 D 3 | T 4 | +A | exhausted_choices 1 | overvotes 3",
        ],
    );
    // The same mark twice at one rank is one mark; names not kept may all be continuing.
    check(
        &["2 A=A", "1 ? B"],
        rule("exhaust_if_multiple_continuing"),
        &["A 2 B 0 C 0 | T 2 | +A | overvotes 1"],
    );
    check(&["2 A", "1 ? B"], rule("skip"), &["A 2 B 1 C 0 | T 2 | +A"]);
}

#[test]
fn repeated_rankings_are_skipped_or_stop_the_ballot() {
    let rule = |rule: &str| {
        json!({"candidates": "ABC", "rules":
        {"duplicate_ranking": rule, "overvote": "skip"}})
    };
    let ballots = ["4 A", "3 B", "1 C C B", "1 A=C C B"];
    check(
        &ballots,
        rule("skip"),
        &["A 4 B 3 C 2 | T 5 | -C", "A 4 B 5 | T 5 | +B"],
    );
    // The second ballot meets C again after the overvote.
    check(
        &ballots,
        rule("exhaust"),
        &[
            "A 4 B 3 C 1 | T 5 | -C | repeated_rankings 1",
            "A 4 B 3 | T 4 | +A | repeated_rankings 2",
        ],
    );
    // Two overvotes without names repeat nobody.
    check(&["1 ? ? A"], rule("exhaust"), &["A 1 B 0 C 0 | T 1 | +A"]);
}

#[test]
fn blank_ballots_are_in_no_round() {
    let got = result(&["2 A", "3", "1 - -"], json!({"candidates": "AB"})).unwrap();
    assert_eq!(
        (&got["total_ballots"], &got["blank_ballots"]),
        (&json!(6), &json!(4))
    );
    assert_eq!(line(&got["rounds"][0]), "A 2 B 0 | T 2 | +A");
}

#[test]
fn excluded_candidates_are_passed_over() {
    check(
        &["3 X A", "2 B", "1 X"],
        json!({"candidates": "ABX"}),
        &["A 3 B 2 | T 3 | +A | exhausted_choices 1"],
    );
    // Their marks are marks all the same: no skipped rank, and an overvote with another.
    check(
        &["2 A", "1 - X - B", "1 X=B"],
        json!({"candidates": "ABX",
        "rules": {"max_skipped_ranks": 1}}),
        &["A 2 B 1 | T 2 | +A | overvotes 1"],
    );
}
