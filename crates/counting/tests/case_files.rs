//! Contest files: BLT, lots in a file of their own, and what a wrong or hostile file is told.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use counting::case::{Case, csv, explain, json, table, unused_lots};
use counting::ranked::{Method, TieBreak};
use proptest::prelude::*;

const BLT: &str = r#"# four candidates, two seats
4 2
-2
5 1 3 0
(pile-1) 3 3 4 0
2 4 - 1 0
1 1=4 3 0
1 0
0
"A. Candidat-01"
"B. Candidat-02"
"C. Candidat-03 #3"
"D. Candidat-04"
"Conseil"
"#;

const JSON: &str = r##"{"schema":"rcv-case/1","name":"T","method":"irv","seats":1,
"rules":{"overvote":"skip","duplicate_ranking":"skip","threshold":{"kind":"majority"},"tiebreak":{"mode":"ask"}},
"candidates":[{"id":"a","name":"A."},{"id":"b","name":"B."},{"id":"c","name":"C."}],
"ballots":[{"ranking":[["a"],["b"]],"count":3},{"ranking":[["b"],[],["c"]],"count":2},{"ranking":[["c"],["#overvote"]],"count":2}]}"##;

#[test]
fn blt_is_read_with_withdrawals_skips_and_overvotes() {
    let case = Case::parse(BLT.as_bytes()).unwrap();
    assert_eq!(case.name, "Conseil");
    let names: Vec<&str> = case
        .contest
        .candidates()
        .iter()
        .map(|c| c.name.as_str())
        .collect();
    assert_eq!(names[2], "C. Candidat-03 #3");
    assert!(case.contest.candidates()[1].excluded);
    assert_eq!(case.contest.rules().method, Method::Stv);
    assert_eq!(case.contest.rules().tie_break, TieBreak::Ask);
    let result = case.tabulate().unwrap();
    assert_eq!((result.total_ballots, result.blank_ballots), (12, 1));
    // Quota floor(10/3)+1 = 4: the overvote stops its ballot.
    assert_eq!(result.rounds[0].threshold, Some(40_000));
    assert_eq!(
        result.rounds[0].counts,
        [(0, 50_000), (2, 30_000), (3, 20_000)]
    );
    assert_eq!(result.winners, [0, 2]);
}

fn check_blt(from: &str, to: &str, says: &str) {
    assert!(BLT.contains(from));
    let error = Case::parse(BLT.replacen(from, to, 1).as_bytes())
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains(says), "{error}");
}

#[test]
fn a_wrong_blt_is_told_by_line() {
    check_blt(
        "4 2\n",
        "4\n",
        "line 2: expected the numbers of candidates and seats",
    );
    check_blt("-2", "-9", "line 3: expected withdrawn candidates");
    check_blt("5 1 3 0", "5 1 3", "line 4: the ballot does not end");
    check_blt("5 1 3 0", "5 1 0 3", "line 4: more follows");
    check_blt("5 1 3 0", "x 1 3 0", "line 4: expected a whole weight");
    check_blt(
        "5 1 3 0",
        "5 1 7 0",
        "line 4: candidate 7 is marked, only 4 are listed",
    );
    check_blt("\n0\n", "\n", "line 9: expected a whole weight first");
    check_blt(
        "\"A. Candidat-01\"",
        "A.",
        "line 10: expected a candidate's name in quotes",
    );
    check_blt(
        "\"Conseil\"\n",
        "\"Conseil\"\n3 1 0\n",
        "line 15: more follows after the title",
    );
    assert!(
        Case::parse(b"\xff\xfe")
            .err()
            .unwrap()
            .to_string()
            .contains("not UTF-8")
    );
    assert!(
        Case::parse(b"")
            .err()
            .unwrap()
            .to_string()
            .contains("line 1: expected the numbers")
    );
}

fn check_json(from: &str, to: &str, says: &str) {
    assert!(JSON.contains(from), "{from}");
    let error = Case::parse(JSON.replacen(from, to, 1).as_bytes())
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains(says), "{error}");
}

#[test]
fn a_wrong_json_is_told_by_path() {
    check_json("rcv-case/1", "rcv-case/2", "schema: expected rcv-case/1");
    check_json(
        "[\"b\"],[],[\"c\"]",
        "[\"b\"],[],[\"x\"]",
        "ballots[1].ranking[2]: no candidate has the id `x`",
    );
    check_json(
        "\"id\":\"b\"",
        "\"id\":\"a\"",
        "candidates[1].id: another candidate has this id",
    );
    check_json(
        "\"irv\"",
        "\"stw\"",
        "method: expected irv, stv, irv_multi, plurality, got `stw`",
    );
    check_json(
        "\"seats\":1",
        "\"seats\":2",
        "2 seats do not suit this method: expected 1",
    );
    check_json(
        "\"ask\"",
        "\"java_random\"",
        "rules.tiebreak.seed: is missing",
    );
    check_json(
        "\"majority\"",
        "\"percent\"",
        "rules.threshold.percent: expected a percentage",
    );
    check_json("\"count\":3", "\"count\":-3", "line 4 column");
    check_json(
        "\"count\":3",
        "\"count\":18446744073709551615",
        "ballot 1: more than 1000000000000 ballots",
    );
    check_json(
        "\"overvote\":\"skip\"",
        "\"decimals\":40",
        "40 decimals, at most 12",
    );
    check_json(
        "\"overvote\":\"skip\"",
        "\"cutoff_elimination\":true",
        "cutoff_elimination needs the method irv_multi",
    );
    assert!(Case::parse(format!("{{\"a\":{}", "[".repeat(100_000)).as_bytes()).is_err());
}

/// What a file says of itself and what it holds, or a rule and its description, once could differ.
#[test]
fn what_contradicts_the_rest_of_a_file_is_refused() {
    for (from, to, says) in [
        (
            "\"seats\":1",
            "\"seats\":1,\"n_ballots\":8",
            "n_ballots: says 8, but `ballots` holds 7 ballots",
        ),
        (
            "\"seats\":1",
            "\"seats\":1,\"n_ballots\":\"7\"",
            "line 1 column",
        ),
        (
            "\"seats\":1",
            "\"seats\":1,\"n_patterns\":2",
            "n_patterns: says 2, but `ballots` has 3 entries",
        ),
        (
            "\"overvote\"",
            "\"max_rankings\":2,\"overvote\"",
            "ballots[1].ranking: 3 ranks, rules.max_rankings says at most 2",
        ),
        (
            "\"overvote\"",
            "\"max_rankings\":0,\"overvote\"",
            "rules.max_rankings: expected 1 or more",
        ),
        (
            "\"overvote\"",
            "\"rctab_mode\":\"bottomsUp\",\"overvote\"",
            "rules.rctab_mode: bottomsUp is another count than method, threshold and one_winner_per_round ask for",
        ),
        (
            "\"overvote\"",
            "\"rctab_mode\":\"best\",\"overvote\"",
            "rules.rctab_mode: `best` is not known",
        ),
        (
            "\"overvote\"",
            "\"surplus\":\"by hand\",\"overvote\"",
            "rules.surplus: belongs to stv",
        ),
        (
            "\"overvote\"",
            "\"undeclared_write_ins\":\"win\",\"overvote\"",
            "rules.undeclared_write_ins: expected `eliminated first, cannot win`",
        ),
    ] {
        check_json(from, to, says);
    }
    let sound = "\"n_ballots\":7,\"n_patterns\":3,\"contest\":{\"office\":\"Mayor\"},\"seats\"";
    let rules = "\"max_rankings\":3,\"rctab_mode\":\"multiPassIrv\",\"surplus\":null,\"overvote\"";
    let file = JSON
        .replacen("\"seats\"", sound, 1)
        .replacen("\"overvote\"", rules, 1);
    Case::parse(file.as_bytes()).unwrap();
}

#[test]
fn a_rule_that_makes_no_sense_is_refused() {
    for (from, to, says) in [
        (
            "\"overvote\"",
            "\"stop_after_round\":0,\"overvote\"",
            "rules.stop_after_round: expected 1 or more",
        ),
        (
            "\"majority\"",
            "\"majority\",\"percent\":15",
            "rules.threshold.percent: belongs to kind percent",
        ),
        (
            "\"majority\"",
            "\"percent\",\"percent\":\"0.00\"",
            "the percentage of the threshold must lie above 0 and below 100",
        ),
        (
            "\"majority\"",
            "\"percent\",\"percent\":100",
            "the percentage of the threshold must lie above 0 and below 100",
        ),
        (
            "\"ask\"",
            "\"ask\",\"seed\":3",
            "rules.tiebreak.seed: belongs to a mode that draws",
        ),
        (
            "\"ask\"",
            "\"previous_rounds_then_pray\"",
            "rules.tiebreak.mode: expected",
        ),
        (
            "\"seats\"",
            "\"contest\":{\"office\":\"Mayor\",\"threshold\":\"15\"},\"seats\"",
            "unknown field `threshold`",
        ),
    ] {
        check_json(from, to, says);
    }
}

/// A rule that was not known once changed nothing but a warning, and the contest had other winners.
#[test]
fn what_is_not_known_is_refused_by_name() {
    for (from, to, name) in [
        ("\"overvote\"", "\"minimum\":5,\"overvote\"", "minimum"),
        ("\"overvote\"", "\"off\":false,\"overvote\"", "off"),
        ("\"kind\"", "\"percentage\":\"15\",\"kind\"", "percentage"),
        ("\"mode\"", "\"sead\":3,\"mode\"", "sead"),
        ("\"seats\"", "\"seat\":2,\"seats\"", "seat"),
        (
            "\"name\":\"A.\"",
            "\"name\":\"A.\",\"withdrawn\":true",
            "withdrawn",
        ),
        ("\"count\":3", "\"count\":3,\"weight\":2", "weight"),
    ] {
        check_json(from, to, &format!("unknown field `{name}`"));
    }
    let mut case = Case::parse(JSON.as_bytes()).unwrap();
    let lot = r#"[{"round":1,"tied":["c","b"],"picked":"c","as":"loser","by":"coin"}]"#;
    let error = case.add_lots(lot.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("unknown field `by`"), "{error}");
}

#[test]
fn what_is_not_said_is_assumed_with_a_warning() {
    let file = JSON.replace("\"overvote\":\"skip\",", "\"max_skipped_ranks\":null,");
    let warnings = Case::parse(file.as_bytes()).unwrap().warnings;
    assert_eq!(
        warnings,
        ["rules.overvote is not given, exhaust is assumed"]
    );
}

#[test]
fn lots_may_stand_in_a_file_of_their_own() {
    let mut case = Case::parse(JSON.as_bytes()).unwrap();
    assert!(
        case.tabulate()
            .unwrap_err()
            .to_string()
            .contains("b, c are tied to be eliminated")
    );
    let lots = r#"[{"round":1,"tied":["c","b"],"picked":"c","as":"loser"},
        {"round":9,"tied":["a","b"],"picked":"a","as":"winner"}]"#;
    case.add_lots(lots.as_bytes()).unwrap();
    let result = case.tabulate().unwrap();
    assert_eq!(result.winners, [0]);
    assert_eq!(unused_lots(&case.lots, &result).len(), 1);
    for (wrong, says) in [
        (
            r#"[{"round":1,"tied":["a"],"picked":"b","as":"loser"}]"#,
            "lots[0].picked: is not among",
        ),
        (
            r#"[{"round":1,"tied":["a"],"picked":"a","as":"x"}]"#,
            "lots[0].as: expected winner or loser",
        ),
        (
            r#"[{"round":1,"tied":["z"],"picked":"z","as":"loser"}]"#,
            "lots[0].tied: no candidate",
        ),
    ] {
        let error = case.add_lots(wrong.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn one_is_no_plural() {
    let file = "2 1\n1 1 0\n0\n\"A\"\n\"B\"\n\"T\"\n";
    let case = Case::parse(file.as_bytes()).unwrap();
    let result = case.tabulate().unwrap();
    let told = explain(&case.contest, &result) + &table(&case.name, &case.contest, &result);
    for plural in [" 1 votes", "1 ballots", "1 candidates", "1 seats"] {
        assert!(!format!(" {told}").contains(plural), "{told}");
    }
    assert!(told.contains("A is elected with 1 vote:"), "{told}");
}

#[test]
fn csv_has_a_row_for_every_candidate_and_reason() {
    let case = Case::parse(BLT.as_bytes()).unwrap();
    let text = csv(&case.contest, &case.tabulate().unwrap());
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("round,candidate_id,name,votes,threshold,status")
    );
    assert_eq!(lines.next(), Some("1,1,A. Candidat-01,5,4,elected"));
    assert!(text.contains("1,,overvotes,1,4,inactive\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn no_file_makes_the_readers_panic(text in ".{0,300}") {
        let _ = Case::parse(text.as_bytes());
        let _ = Case::parse(format!("{{{text}").as_bytes());
    }

    /// Whatever a damaged file still says is counted to an end and can be printed.
    #[test]
    fn no_damage_makes_a_count_panic_or_hang(
        blt in any::<bool>(), at in 0usize..700, byte in 32u8..127,
    ) {
        let mut bytes = if blt { BLT } else { JSON }.as_bytes().to_vec();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(case) = Case::parse(&bytes)
            && let Ok(result) = case.tabulate()
        {
            let _ = json(&case.contest, &result);
            let _ = table(&case.name, &case.contest, &result);
            let _ = explain(&case.contest, &result);
            let _ = csv(&case.contest, &result);
        }
    }
}
