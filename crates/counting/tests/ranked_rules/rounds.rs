//! Rules of a count with one round after the other: thresholds, eliminations, the end.

use counting::case::Case;
use serde_json::{Value, json};

use super::contest::{check, result};

#[test]
fn instant_runoff_recomputes_the_majority_of_continuing_ballots() {
    check(
        &["4 A", "3 B C", "2 C B", "2 C"],
        json!({"candidates": "ABC"}),
        &["A 4 B 3 C 4 | T 6 | -B", "A 4 C 7 | T 6 | +C"],
    );
    check(
        &["4 A", "3 B", "3 C"],
        json!({"candidates": "ABC"}),
        &[
            "A 4 B 3 C 3 | T 6 | -C",
            "A 4 B 3 | T 4 | +A | exhausted_choices 3",
        ],
    );
}

#[test]
fn a_threshold_of_round_1_stays_and_the_leader_of_the_last_two_may_win_below_it() {
    let fixed = json!({"candidates": "ABC", "rules": {"threshold":
        {"kind": "majority", "fixed_in_round_1": true, "first_round_rule": true}}});
    check(
        &["4 A", "3 B", "3 C"],
        fixed.clone(),
        &[
            "A 4 B 3 C 3 | T 6 | -C",
            "A 4 B 3 | T 6 | +A | exhausted_choices 3",
        ],
    );
    check(
        &["3 A", "3 B", "2 C"],
        fixed,
        &[
            "A 3 B 3 C 2 | T 5 | -C",
            "A 3 B 3 | T 5 | +A | exhausted_choices 2",
        ],
    );
}

#[test]
fn a_batch_is_the_largest_group_that_cannot_catch_up_and_has_two_members() {
    let batch = json!({"candidates": "ABCDE", "rules": {"batch_elimination": true}});
    check(
        &["9 A", "8 B", "3 C", "2 D", "1 E"],
        batch.clone(),
        &[
            "A 9 B 8 C 3 D 2 E 1 | T 12 | -CDE",
            "A 9 B 8 | T 9 | +A | exhausted_choices 6",
        ],
    );
    // 3 + 2 + 1 = 6 is not below 6, and 2 + 1 is not below 3: one leaves alone.
    check(
        &["9 A", "6 B", "3 C", "2 D", "1 E"],
        batch,
        &[
            "A 9 B 6 C 3 D 2 E 1 | T 11 | -E",
            "A 9 B 6 C 3 D 2 | T 11 | -CD | exhausted_choices 1",
            "A 9 B 6 | T 8 | +A | exhausted_choices 6",
        ],
    );
}

/// B, C and D together are fewer than A: all of them would leave if the last two had not to stay.
#[test]
fn a_batch_leaves_two_for_the_final_pair() {
    check(
        &["9 A", "3 B", "1 C", "1 D"],
        json!({"rules": {"continue_until_two": true, "batch_elimination": true}}),
        &[
            "A 9 B 3 C 1 D 1 | T 8 | +A",
            "A 9 B 3 C 1 D 1 | T 8 | -CD",
            "A 9 B 3 | T 8 | exhausted_choices 2",
        ],
    );
}

#[test]
fn continue_until_two_keeps_the_winner_and_the_threshold() {
    check(
        &["7 A", "3 B", "2 C B", "1 D"],
        json!({"rules": {"continue_until_two": true}}),
        &[
            "A 7 B 3 C 2 D 1 | T 7 | +A",
            "A 7 B 3 C 2 D 1 | T 7 | -D",
            "A 7 B 3 C 2 | T 7 | -C | exhausted_choices 1",
            "A 7 B 5 | T 7 | exhausted_choices 1",
        ],
    );
    check(
        &["7 A", "3 B"],
        json!({"candidates": "AB", "rules": {"continue_until_two": true}}),
        &["A 7 B 3 | T 6 | +A"],
    );
    check(
        &["1 A"],
        json!({"candidates": "A", "rules": {"continue_until_two": true}}),
        &["A 1 | T 1 | +A"],
    );
}

#[test]
fn a_count_stops_after_the_round_it_is_told_to() {
    check(
        &["4 A", "3 B", "3 C"],
        json!({"candidates": "ABC", "rules": {"stop_after_round": 1}}),
        &["A 4 B 3 C 3 | T 6 | -C"],
    );
}

#[test]
fn undeclared_write_ins_leave_first_and_cannot_win() {
    check(
        &["5 U A", "3 A", "1 B"],
        json!({"candidates": "ABU"}),
        &["A 3 B 1 U 5 | T 5 | -U", "A 8 B 1 | T 5 | +A"],
    );
    // While they hold votes nobody is elected, not even above the threshold.
    check(
        &["9 A", "1 U"],
        json!({"candidates": "AU"}),
        &["A 9 U 1 | T 6 | -U", "A 9 | T 5 | +A | exhausted_choices 1"],
    );
    check(&["2"], json!({"candidates": "AU"}), &["A 0 U 0 | T 1 | +A"]);
    // Even a lot-like rule that throws the last candidate out leaves no write-in elected.
    let got = result(
        &["2"],
        json!({"candidates": "UA", "method": "stv",
        "rules": {"tiebreak": {"mode": "candidate_order"}}}),
    )
    .unwrap();
    assert_eq!(got["winners"], json!([]));
}

#[test]
fn bottoms_up_eliminates_to_the_seats_or_to_a_percentage() {
    check(
        &["6 A", "3 B C", "2 C", "1 D"],
        json!({"method": "irv_multi", "seats": 2,
        "rules": {"threshold": {"kind": "droop", "fixed_in_round_1": true}}}),
        &[
            "A 6 B 3 C 2 D 1 | T 5 | -D",
            "A 6 B 3 C 2 | T 5 | -C | exhausted_choices 1",
            "A 6 B 3 | T 5 | +AB | exhausted_choices 3",
        ],
    );
    // Exactly the percentage is not above it.
    let percent = json!({"candidates": "ABC", "method": "irv_multi", "seats": 0, "rules":
        {"threshold": {"kind": "percent", "percent": "20", "fixed_in_round_1": true}}});
    check(
        &["5 A", "3 B", "2 C A"],
        percent,
        &["A 5 B 3 C 2 | T 2 | -C", "A 7 B 3 | T 2 | +AB"],
    );
}

#[test]
fn plurality_counts_first_choices() {
    check(
        &["3 A B", "2 B", "2 - C"],
        json!({"candidates": "ABC", "method": "plurality"}),
        &["A 3 B 2 C 2 | T  | +A"],
    );
}

fn cutoff() -> Value {
    json!({"candidates": "ABCDE", "method": "irv_multi", "seats": 0, "rules": {"cutoff_elimination": true,
        "threshold": {"kind": "percent", "percent": "15", "fixed_in_round_1": true}}})
}

#[test]
fn with_a_cutoff_all_who_are_not_above_the_percentage_leave_together() {
    check(
        &["10 A", "6 B", "2 C A", "1 D C", "1 E B"],
        cutoff(),
        &[
            "A 10 B 6 C 2 D 1 E 1 | T 3 | -CDE",
            "A 12 B 7 | T 3 | +AB | exhausted_choices 1",
        ],
    );
    // C has exactly 15 %, which is not above it; the others may pass it together.
    check(
        &["11 A", "6 B", "3 C"],
        cutoff(),
        &[
            "A 11 B 6 C 3 D 0 E 0 | T 3 | -CDE",
            "A 11 B 6 | T 3 | +AB | exhausted_choices 3",
        ],
    );
}

/// Nobody is above half: if all left together, nobody would be elected.
#[test]
fn a_cutoff_leaves_somebody_to_elect() {
    let mut half = cutoff();
    half["candidates"] = json!("ABC");
    half["rules"]["threshold"]["percent"] = json!("50");
    check(
        &["4 A", "3 B A", "2 C B"],
        half,
        &[
            "A 4 B 3 C 2 | T 4.5 | -C",
            "A 4 B 5 | T 4.5 | -A",
            "B 5 | T 4.5 | +B | exhausted_choices 4",
        ],
    );
}

/// The ballots of a published contest, whose own rules eliminate one by one and elect three.
#[test]
fn a_cutoff_may_elect_others_than_eliminations_one_by_one() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../fixtures/ranked/multi_seat_bottoms_up_with_static_threshold.json"
    );
    let mut contest: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut winners = Vec::new();
    for cutoff in [false, true] {
        contest["rules"]["cutoff_elimination"] = json!(cutoff);
        let case = Case::parse(contest.to_string().as_bytes()).unwrap();
        let result = case.tabulate().unwrap();
        let ids = result
            .winners
            .iter()
            .map(|at| case.contest.candidate(*at).id.clone());
        winners.push(ids.collect::<Vec<String>>());
    }
    assert_eq!(winners, [vec!["c01", "c02", "c07"], vec!["c01", "c02"]]);
}
