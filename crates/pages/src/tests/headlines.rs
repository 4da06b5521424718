//! The sentence at the top of each page of results: true in every state, in both languages.

use election::{Event, Language};

use super::{OPEN_MS, ballot, certified, event, night, progress};
use crate::results::{
    self, AnswerCounts, CandidateVotes, ElectionView, LawCounts, LawView, RegionAnswers,
    RegionView, Round, Rounds, Seen, Stage, Turnout,
};

fn shown<T>(counts: T) -> Seen<T> {
    Seen::Counts {
        counts,
        updated_ms: Some(OPEN_MS),
    }
}

fn turnout(votes: u64) -> Turnout {
    Turnout {
        votes,
        registered: 1_000,
    }
}

/// A region with votes for its first candidates, and who of them has the seat or is tied.
fn region(event: &Event, number: u16, votes: &[u64], wins: &[usize], tied: &[usize]) -> RegionView {
    let election = ballot(event, "E2025-QC").election().expect("an election");
    let standing: Vec<u32> = election.candidates_of(number).map(|c| c.number).collect();
    let candidates = standing
        .iter()
        .enumerate()
        .map(|(at, candidate)| CandidateVotes {
            number: *candidate,
            votes: votes.get(at).copied().unwrap_or(0),
            wins: wins.contains(&at),
        });
    RegionView {
        region: number,
        turnout: turnout(votes.iter().sum()),
        candidates: candidates.collect(),
        tied: tied.iter().map(|at| standing[*at]).collect(),
        recount: false,
        rounds: None,
    }
}

fn election_page(event: &Event, lang: Language, stage: &Stage, regions: &[RegionView]) -> String {
    let single = ballot(event, "E2025-QC");
    let night = night(event, lang);
    let view = ElectionView {
        progress: progress(stage.clone()),
        turnout: turnout(regions.iter().map(|r| r.turnout.votes).sum()),
        hours: Vec::new(),
        regions: regions.to_vec(),
        seen: shown(()),
    };
    let election = single.election().expect("an election");
    results::election(&night, single, election, &view).html
}

/// The words above the fold.
fn says(html: &str) -> Vec<String> {
    let said = html.split(" data-says>").skip(1);
    said.map(|rest| rest.split("</p>").next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn an_election_says_who_leads_in_how_many_seats_and_how_many_are_needed() {
    let event = event();
    let first = |number| region(&event, number, &[60, 40], &[0], &[]);
    let second = |number| region(&event, number, &[40, 60], &[1], &[]);
    let none = |number| region(&event, number, &[], &[], &[]);
    let four = vec![first(1), first(2), first(3), first(4), second(5), none(6)];
    let level = vec![first(1), first(2), second(3), second(4), none(5), none(6)];
    let halves = vec![
        first(1),
        first(2),
        first(3),
        second(4),
        second(5),
        second(6),
    ];
    let (counting, complete) = (Stage::Counting, Stage::Preliminary);
    for (stage, regions, english, french) in [
        (
            &counting,
            &four,
            "Party A leads in 4 of 6 ridings; 4 needed for a majority.",
            "Parti A est en tête dans 4 circonscriptions sur 6\u{a0}; il en faut 4 pour la majorité.",
        ),
        (
            &complete,
            &four,
            "Party A is elected in 4 of 6 seats; a majority: 4 needed.",
            "Parti A obtient 4 des 6 sièges\u{a0}; c’est la majorité\u{a0}: il en fallait 4.",
        ),
        (
            &counting,
            &level,
            "Party A and Party B lead in 2 of 6 ridings each; 4 needed for a majority.",
            "Parti A et Parti B sont en tête dans 2 circonscriptions sur 6 chacun\u{a0}; il en faut 4 pour la majorité.",
        ),
        (
            &certified(),
            &halves,
            "Party A and Party B are elected in 3 of 6 seats each; no majority: 4 needed.",
            "Parti A et Parti B obtiennent 3 des 6 sièges chacun\u{a0}; pas de majorité\u{a0}: il en fallait 4.",
        ),
    ] {
        let html = election_page(&event, Language::English, stage, regions);
        assert_eq!(says(&html)[0], english);
        let html = election_page(&event, Language::French, stage, regions);
        assert_eq!(says(&html)[0], french);
    }
    let html = election_page(&event, Language::English, &counting, &level);
    assert_eq!(says(&html)[1], "4 of 6 ridings have votes in the count.");
    assert!(html.contains("Seats that nobody has: 2."), "{html}");
}

/// "No majority" once stood there while a tie could still make one.
#[test]
fn a_majority_is_missed_only_once_no_open_seat_can_make_it() {
    let event = event();
    let first = |number| region(&event, number, &[60, 40], &[0], &[]);
    let second = |number| region(&event, number, &[40, 60], &[1], &[]);
    let none = |number| region(&event, number, &[], &[], &[]);
    let tied = |number| region(&event, number, &[50, 50], &[], &[0, 1]);
    let level = vec![first(1), first(2), second(3), second(4), none(5), none(6)];
    let open = vec![first(1), first(2), first(3), second(4), second(5), tied(6)];
    let all_tied: Vec<RegionView> = (1..=6).map(tied).collect();
    let complete = Stage::Preliminary;
    for (stage, regions, english, french) in [
        (
            &certified(),
            &level,
            "Party A and Party B are elected in 2 of 6 seats each; 4 needed for a majority.",
            "Parti A et Parti B obtiennent 2 des 6 sièges chacun\u{a0}; il en faut 4 pour la majorité.",
        ),
        (
            &complete,
            &open,
            "Party A is elected in 3 of 6 seats; 4 needed for a majority.",
            "Parti A obtient 3 des 6 sièges\u{a0}; il en faut 4 pour la majorité.",
        ),
        (
            &complete,
            &all_tied,
            "Every riding is tied.",
            "Toutes les circonscriptions sont à égalité.",
        ),
    ] {
        let html = election_page(&event, Language::English, stage, regions);
        assert_eq!(says(&html)[0], english);
        let html = election_page(&event, Language::French, stage, regions);
        assert_eq!(says(&html)[0], french);
    }
}

/// Candidates without a party lead, but no party does; the event may name no party at all.
#[test]
fn where_there_is_no_party_no_party_leads() {
    let text = include_str!("../../../../fixtures/election.toml");
    let lines = text.lines().filter(|line| !line.starts_with("party = "));
    let text: Vec<&str> = lines.collect();
    let event = Event::from_toml(&text.join("\n")).expect("the example without parties");
    let regions: Vec<RegionView> = (1..=6)
        .map(|number| region(&event, number, &[60, 40], &[0], &[]))
        .collect();
    let html = election_page(&event, Language::English, &Stage::Counting, &regions);
    let expected = "Candidates lead in 6 of 6 seats.";
    assert_eq!(says(&html)[0], expected);
    assert!(!html.contains("majority"), "{html}");
}

#[test]
fn nothing_counted_is_said_and_nothing_else() {
    let event = event();
    let none = vec![
        region(&event, 1, &[], &[], &[]),
        region(&event, 2, &[], &[], &[]),
    ];
    let mut cast = none.clone();
    cast[0].turnout.votes = 12;
    for (stage, regions, expected) in [
        (Stage::Counting, &none, "No vote yet."),
        (Stage::Preliminary, &none, "Nobody voted."),
        (
            Stage::Counting,
            &cast,
            "12 votes are recorded, none is counted yet.",
        ),
    ] {
        let html = election_page(&event, Language::English, &stage, regions);
        assert_eq!(says(&html)[0], expected);
        assert!(!html.contains("class=\"seat-bar\""), "{html}");
    }
}

#[test]
fn one_contest_says_who_has_the_seat_and_by_how_much() {
    let event = event();
    let (counting, complete) = (Stage::Counting, Stage::Preliminary);
    let ahead = region(&event, 1, &[61, 40], &[0], &[]);
    let by_one = region(&event, 1, &[41, 40], &[0], &[]);
    let tied = region(&event, 1, &[40, 40], &[], &[0, 1]);
    for (stage, region, expected) in [
        (&counting, &ahead, "leads by 21 votes (20.8%)."),
        (&counting, &by_one, "leads by 1 vote (1.2%)."),
        (&complete, &ahead, "is elected by 21 votes (20.8%)."),
        (&complete, &tied, "are tied for the seat."),
        (&counting, &tied, "are tied for the seat."),
    ] {
        let html = election_page(
            &event,
            Language::English,
            stage,
            std::slice::from_ref(region),
        );
        let said = &says(&html)[0];
        assert!(
            said.contains("(Party A)") && said.ends_with(expected),
            "{said}"
        );
    }
}

fn law_says(stage: Stage, oui: u64, non: u64, regions: Option<&[(u64, u64)]>) -> Vec<String> {
    let event = event();
    let law = ballot(&event, "L2025-002");
    let answers = |oui, non| AnswerCounts { oui, non, blanc: 0 };
    let regions = regions.map(|regions| {
        let regions = (1..).zip(regions);
        let regions = regions.map(|(region, (oui, non))| RegionAnswers {
            region,
            answers: answers(*oui, *non),
        });
        regions.collect()
    });
    let night = night(&event, Language::English);
    let view = LawView {
        progress: progress(stage),
        turnout: turnout(oui + non),
        hours: Vec::new(),
        seen: shown(LawCounts {
            total: answers(oui, non),
            regions,
            recount: false,
        }),
    };
    let html = results::law(&night, law, law.law().expect("a law"), &view).html;
    says(&html)
}

#[test]
fn a_law_says_what_it_has_and_what_it_needs() {
    let four = [(9, 1), (9, 1), (9, 1), (6, 5), (1, 9), (2, 9)];
    let three = [(9, 1), (9, 1), (9, 1), (5, 5), (1, 9), (2, 9)];
    for (stage, (oui, non), regions, expected) in [
        (
            Stage::Counting,
            (55, 45),
            None,
            "Yes leads with 55.0% of the valid votes; at least 60% needed to pass. 4 of 6 ridings must approve, too.",
        ),
        (
            Stage::Counting,
            (50, 50),
            None,
            "Yes and No are level at 50.0% of the valid votes; at least 60% needed to pass. 4 of 6 ridings must approve, too.",
        ),
        (
            Stage::Counting,
            (45, 55),
            None,
            "The No side leads: Yes has 45.0% of the valid votes; at least 60% needed to pass. 4 of 6 ridings must approve, too.",
        ),
        (
            Stage::Preliminary,
            (60, 40),
            Some(&four),
            "Passed: Yes has 60.0% of the valid votes; at least 60% needed. 4 of 6 ridings approve; 4 needed.",
        ),
        (
            Stage::Preliminary,
            (60, 40),
            Some(&three),
            "Failed: Yes has 60.0% of the valid votes; at least 60% needed. 3 of 6 ridings approve; 4 needed.",
        ),
        (
            certified(),
            (5_999, 4_001),
            Some(&four),
            "Failed: Yes has 59.99% of the valid votes; at least 60% needed. 4 of 6 ridings approve; 4 needed.",
        ),
    ] {
        assert_eq!(
            law_says(stage, oui, non, regions.map(|r| &r[..]))[0],
            expected
        );
    }
    assert_eq!(law_says(Stage::Counting, 0, 0, None)[0], "No vote yet.");
}

/// A last round that the rule for ties decided has no margin to boast of.
#[test]
fn a_seat_that_the_rule_for_ties_gave_is_said_so() {
    let event = event();
    let ranked = ballot(&event, "E2025-RG");
    let election = ranked.election().expect("an election");
    let numbers: Vec<u32> = election.candidates_of(1).map(|c| c.number).collect();
    let round = Round {
        counts: vec![(numbers[0], 40), (numbers[1], 40)],
        threshold: None,
        winners: vec![numbers[0]],
        eliminated: vec![numbers[1]],
        exhausted: 0,
    };
    let votes = |number, wins| CandidateVotes {
        number,
        votes: 40,
        wins,
    };
    let view = RegionView {
        region: 1,
        turnout: turnout(80),
        candidates: vec![votes(numbers[0], true), votes(numbers[1], false)],
        tied: vec![],
        recount: false,
        rounds: Some(Rounds {
            decimals: 0,
            rounds: vec![round],
        }),
    };
    let night = night(&event, Language::English);
    let standing = (&progress(Stage::Preliminary), &shown(()));
    let page = results::region(&night, ranked, election, standing, &view).expect("a region");
    assert!(
        says(&page.html)[0]
            .ends_with("is elected by the rule for ties: the last round has equal numbers.")
    );
}
