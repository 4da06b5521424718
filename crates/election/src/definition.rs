//! A definition as written, before it is checked. It has the shape of `election.json`, and the reader of
//! `election.toml` fills it in. It becomes an event once [`crate::validate`] finds no fault.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::authority::Authority;
use crate::ballot::{
    Ballot, BallotIndex, BallotKind, Candidate, Candidates, CountingRules, Election, Law, Method,
    ResultsPolicy,
};
use crate::event::{Event, Party, Region};
use crate::hand_key;
use crate::instant;
use crate::log::LogDefinition;
use crate::text::Text;
use crate::threshold::Threshold;

/// The key order here is the key order of the canonical JSON: it may not change within a version.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Definition {
    pub(crate) schema: String,
    pub(crate) id: String,
    pub(crate) title: Text,
    pub(crate) time_zone: String,
    /// 64 hexadecimal digits, lower case.
    pub(crate) count_key: String,
    /// The same of the other hand.
    pub(crate) mask_key: String,
    /// Left out where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) log: Option<LogDefinition>,
    /// Left out where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) authority: Option<Authority>,
    pub(crate) party: Vec<Party>,
    pub(crate) region: Vec<Region>,
    pub(crate) law: Vec<LawDefinition>,
    pub(crate) election: Vec<ElectionDefinition>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LawDefinition {
    pub(crate) id: String,
    pub(crate) title: Text,
    pub(crate) question: Text,
    #[serde(with = "instant::rfc3339")]
    pub(crate) opens: i64,
    #[serde(with = "instant::rfc3339")]
    pub(crate) closes: i64,
    pub(crate) results: ResultsPolicy,
    pub(crate) release_min: u32,
    pub(crate) allow_blank: bool,
    pub(crate) threshold: Threshold,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ElectionDefinition {
    pub(crate) number: u32,
    pub(crate) code: String,
    pub(crate) title: Text,
    #[serde(with = "instant::rfc3339")]
    pub(crate) opens: i64,
    #[serde(with = "instant::rfc3339")]
    pub(crate) closes: i64,
    pub(crate) results: ResultsPolicy,
    pub(crate) release_min: u32,
    pub(crate) method: Method,
    pub(crate) seats: u32,
    pub(crate) max_ranks: u32,
    pub(crate) counting: CountingRules,
    pub(crate) candidate: Vec<Candidate>,
}

impl Definition {
    /// Version of the JSON form.
    pub(crate) const SCHEMA: &str = "scrutin-event/2";

    /// The event. Call it only where [`crate::validate::validate`] found no fault.
    ///
    /// # Panics
    /// On faults that `validate` reports: a key that is none, more ballots than it takes.
    pub(crate) fn into_event(self) -> Event {
        let laws = self.law.into_iter().map(law_ballot);
        let elections = self.election.into_iter().map(election_ballot);
        let mut ballots: Vec<Ballot> = laws.chain(elections).collect();
        for (at, ballot) in ballots.iter_mut().enumerate() {
            let index = u16::try_from(at).expect("validate refuses more than BALLOTS_MAX ballots");
            ballot.index = BallotIndex(index);
        }
        Event {
            id: self.id,
            title: self.title,
            time_zone: self.time_zone,
            count_key: hand_key::parse(&self.count_key).expect("validate checks the keys"),
            mask_key: hand_key::parse(&self.mask_key).expect("validate checks the keys"),
            log: self.log.map(LogDefinition::into_log),
            authority: self.authority,
            parties: self.party,
            regions: self.region,
            ballots,
        }
    }

    /// The definition that reads back as `event`.
    pub(crate) fn from_event(event: &Event) -> Definition {
        Definition {
            schema: Definition::SCHEMA.to_owned(),
            id: event.id.clone(),
            title: event.title.clone(),
            time_zone: event.time_zone.clone(),
            count_key: HEXLOWER.encode(&event.count_key),
            mask_key: HEXLOWER.encode(&event.mask_key),
            log: event.log.as_ref().map(LogDefinition::of),
            authority: event.authority.clone(),
            party: event.parties.clone(),
            region: event.regions.clone(),
            law: event
                .laws()
                .map(|(ballot, law)| law_definition(ballot, law))
                .collect(),
            election: event
                .elections()
                .map(|(b, e)| election_definition(b, e))
                .collect(),
        }
    }
}

fn law_ballot(law: LawDefinition) -> Ballot {
    Ballot {
        index: BallotIndex(0),
        id: law.id,
        title: law.title,
        opens: law.opens,
        closes: law.closes,
        results: law.results,
        release_min: law.release_min,
        kind: BallotKind::Law(Law {
            question: law.question,
            allow_blank: law.allow_blank,
            threshold: law.threshold,
        }),
    }
}

fn election_ballot(election: ElectionDefinition) -> Ballot {
    Ballot {
        index: BallotIndex(0),
        id: election.code,
        title: election.title,
        opens: election.opens,
        closes: election.closes,
        results: election.results,
        release_min: election.release_min,
        kind: BallotKind::Election(Election {
            number: election.number,
            method: election.method,
            seats: election.seats,
            max_ranks: election.max_ranks,
            counting: election.counting,
            candidates: Candidates::new(election.candidate),
        }),
    }
}

fn law_definition(ballot: &Ballot, law: &Law) -> LawDefinition {
    LawDefinition {
        id: ballot.id.clone(),
        title: ballot.title.clone(),
        question: law.question.clone(),
        opens: ballot.opens,
        closes: ballot.closes,
        results: ballot.results,
        release_min: ballot.release_min,
        allow_blank: law.allow_blank,
        threshold: law.threshold,
    }
}

fn election_definition(ballot: &Ballot, election: &Election) -> ElectionDefinition {
    ElectionDefinition {
        number: election.number,
        code: ballot.id.clone(),
        title: ballot.title.clone(),
        opens: ballot.opens,
        closes: ballot.closes,
        results: ballot.results,
        release_min: ballot.release_min,
        method: election.method,
        seats: election.seats,
        max_ranks: election.max_ranks,
        counting: election.counting,
        candidate: election.candidates().to_vec(),
    }
}
