//! A ballot's rules in words, in both languages.
//!
//! What officials check before they sign a package and what they state with the results are the
//! same sentences, and they stand here, beside the rules, so that they cannot drift apart.

use crate::ballot::{Ballot, BallotKind, Election, Law, Method, System, TieBreak};
use crate::event::Event;
use crate::instant;
use crate::text::Text;
use crate::threshold::{Share, Threshold};

impl Share {
    /// The share in words: `more than 1/2`, `plus de 1/2`.
    #[must_use]
    pub fn in_words(&self) -> Text {
        let Share {
            numerator: n,
            denominator: d,
            more_than,
        } = self;
        if *more_than {
            text(format!("plus de {n}/{d}"), format!("more than {n}/{d}"))
        } else {
            text(format!("au moins {n}/{d}"), format!("at least {n}/{d}"))
        }
    }
}

impl Threshold {
    /// What the law needs, as one sentence.
    #[must_use]
    pub fn in_words(&self) -> Text {
        let votes = self.votes.in_words();
        let mut words = text(
            format!(
                "La loi est adoptée si le oui obtient {} des votes valides (oui et non)",
                votes.fr
            ),
            format!(
                "The law passes if oui has {} of the valid votes (oui and non)",
                votes.en
            ),
        );
        if let Some(double) = &self.regions {
            let (share, own) = (double.share.in_words(), double.votes.in_words());
            words.fr += &format!(
                " et s'il l'emporte dans {} de toutes les régions, chacune par {} de ses votes valides",
                share.fr, own.fr
            );
            words.en += &format!(
                " and carries {} of all regions, each by {} of its own valid votes",
                share.en, own.en
            );
        }
        words.fr.push('.');
        words.en.push('.');
        words
    }
}

impl Ballot {
    /// How votes are marked and counted on this ballot, one sentence a rule.
    #[must_use]
    pub fn rules_in_words(&self) -> Vec<Text> {
        match &self.kind {
            BallotKind::Law(law) => law_rules(law),
            BallotKind::Election(election) => election_rules(election),
        }
    }
}

impl Event {
    /// An instant (ms UTC) in local time of the event, with its offset: `2025-01-01 09:00:00 -05:00`.
    #[must_use]
    pub fn local_time(&self, ms: i64) -> String {
        let local = jiff::Timestamp::from_millisecond(ms)
            .ok()
            .zip(instant::zone(&self.time_zone))
            .map(|(at, zone)| {
                at.to_zoned(zone)
                    .strftime("%Y-%m-%d %H:%M:%S %:z")
                    .to_string()
            });
        // Both were checked with the definition; the number itself is still the truth.
        local.unwrap_or_else(|| format!("{ms} ms"))
    }
}

fn law_rules(law: &Law) -> Vec<Text> {
    let blank = if law.allow_blank {
        text(
            "Le vote blanc est accepté, compté à part, et n'est pas un vote valide.",
            "Blank votes are taken, counted apart, and are not valid votes.",
        )
    } else {
        text(
            "Le vote blanc n'est pas accepté.",
            "Blank votes are not taken.",
        )
    };
    vec![law.threshold.in_words(), blank]
}

fn election_rules(election: &Election) -> Vec<Text> {
    let mut rules = vec![marking(election), system(election)];
    if election.counting.batch_elimination {
        rules.push(text(
            "Les derniers qui, même ensemble, ne peuvent plus rattraper le suivant sont éliminés en une fois.",
            "The last candidates who even together cannot catch up with the next are eliminated at once.",
        ));
    }
    if election.counting.continue_until_two {
        rules.push(text(
            "Une fois la personne élue connue, le dépouillement continue jusqu'à deux candidats.",
            "Once the winner is known, the count goes on until two candidates remain.",
        ));
    }
    rules.push(ties(election));
    rules
}

fn marking(election: &Election) -> Text {
    let seats = match election.seats {
        1 => text("Un siège par région", "One seat in each region"),
        n => text(
            format!("{n} sièges par région"),
            format!("{n} seats in each region"),
        ),
    };
    let (fr, en) = match election.method {
        Method::SingleChoice => (
            "on choisit une seule candidature".to_owned(),
            "a voter marks one candidate".to_owned(),
        ),
        Method::RankedChoice => (
            format!(
                "on classe au plus {} candidatures de sa région par ordre de préférence",
                election.max_ranks
            ),
            format!(
                "a voter ranks at most {} candidates of the region in order of preference",
                election.max_ranks
            ),
        ),
    };
    text(
        format!("{} ; {fr}.", seats.fr),
        format!("{}; {en}.", seats.en),
    )
}

fn system(election: &Election) -> Text {
    match election.counting.system {
        System::Plurality => text(
            "Majorité simple : le plus grand nombre de votes l'emporte.",
            "Plurality: the most votes win.",
        ),
        System::Irv => text(
            "Vote alternatif : qui a plus de la moitié des votes encore en jeu est élu ; sinon, la dernière candidature est éliminée et ses votes passent à la préférence suivante.",
            "Instant runoff: a candidate with more than half of the votes still in play is elected; otherwise the last candidate is eliminated and those votes pass on to their next preference.",
        ),
        System::Stv => text(
            format!(
                "Vote unique transférable : le quota de Droop (votes / (sièges + 1), arrondi à l'entier inférieur, plus 1) élit ; les surplus passent en fractions de {} décimales ; sinon, la dernière candidature est éliminée.",
                election.counting.decimals
            ),
            format!(
                "Single transferable vote: the Droop quota (votes / (seats + 1), rounded down, plus 1) elects; surpluses pass on in fractions of {} decimals; otherwise the last candidate is eliminated.",
                election.counting.decimals
            ),
        ),
        System::BottomsUp => text(
            "La dernière candidature est éliminée, et ses votes passent à la préférence suivante, jusqu'à ce qu'il en reste autant que de sièges.",
            "The last candidate is eliminated, and those votes pass on to their next preference, until as many remain as there are seats.",
        ),
    }
}

fn ties(election: &Election) -> Text {
    match (election.counting.system, election.counting.tie_break) {
        (System::Plurality, _) => text(
            "Une égalité pour un siège est signalée, jamais tirée au sort par le dépouillement.",
            "A tie for a seat is reported, never drawn by the count.",
        ),
        (_, TieBreak::CandidateOrder) => text(
            "À égalité, l'ordre de la liste décide : le premier l'emporte, le dernier est éliminé.",
            "A tie is decided by the order of the list: the first wins, the last is eliminated.",
        ),
        (_, TieBreak::PreviousRounds) => text(
            "À égalité, les votes des tours précédents décident, du plus récent au plus ancien, puis l'ordre de la liste.",
            "A tie is decided by the votes of the rounds before, the latest first, then by the order of the list.",
        ),
        (_, TieBreak::Seed(seed)) => text(
            format!("Une égalité est tirée au sort avec la graine publiée {seed}."),
            format!("A tie is drawn with the published seed {seed}."),
        ),
    }
}

fn text(fr: impl Into<String>, en: impl Into<String>) -> Text {
    Text {
        fr: fr.into(),
        en: en.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::threshold::RegionalMajority;

    fn example() -> Event {
        let text = include_str!("../../../fixtures/election.toml");
        Event::from_toml(text).expect("the example has no fault")
    }

    #[test]
    fn a_double_majority_reads_as_one_sentence() {
        let share = |text: &str| text.parse().expect("a share");
        let threshold = Threshold {
            votes: share("at least 3/5"),
            regions: Some(RegionalMajority {
                votes: share("50%+1"),
                share: share("60%"),
            }),
        };
        let words = threshold.in_words();
        assert_eq!(
            words.en,
            "The law passes if oui has at least 3/5 of the valid votes (oui and non) and carries at least 60/100 of all regions, each by more than 1/2 of its own valid votes."
        );
        assert!(words.fr.contains("au moins 60/100 de toutes les régions"));
    }

    #[test]
    fn every_ballot_of_the_example_says_how_it_is_counted() {
        for (ballot, words) in [
            ("L2025-001", "Blank votes are not taken."),
            ("L2025-002", "at least 3/5 of all regions"),
            ("E2025-QC", "A tie for a seat is reported"),
            ("E2025-RG", "at most 5 candidates"),
        ] {
            let event = example();
            let rules = event.ballot(ballot).expect("a ballot").rules_in_words();
            assert!(rules.iter().any(|rule| rule.en.contains(words)), "{ballot}");
            assert!(rules.iter().all(|rule| !rule.fr.is_empty()));
        }
    }

    #[test]
    fn local_time_tells_the_two_hours_of_autumn_apart() {
        let event = example();
        // 05:30 and 06:30 UTC on 3 November 2024 are both 01:30 in Toronto.
        assert_eq!(
            event.local_time(1_730_611_800_000),
            "2024-11-03 01:30:00 -04:00"
        );
        assert_eq!(
            event.local_time(1_730_615_400_000),
            "2024-11-03 01:30:00 -05:00"
        );
    }
}
