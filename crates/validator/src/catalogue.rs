//! What can be voted on, as JSON that is made once: laws, elections, regions, candidates.
//!
//! The status of a ballot follows the clock, so the two lists that show it are made again when a
//! window opens or closes; until then every reader gets the same bytes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use election::instant_text;
use election::{Ballot, CandidateStatus, Election, Event, Method, Text, Window};
use hyper::body::Bytes;
use serde::Serialize;

/// The documents of one event.
pub(crate) struct Catalogue {
    lists: Mutex<Lists>,
    regions: Bytes,
    candidates: HashMap<(u32, u16), Bytes>,
    description: Bytes,
}

/// The lists that change with the clock.
#[derive(Clone, Default)]
struct Lists {
    laws: Bytes,
    elections: Bytes,
    /// They are true from `from_ms` (inclusive) until `until_ms` (exclusive), ms since 1970 UTC: as long
    /// as no window opens or closes.
    from_ms: i64,
    until_ms: i64,
}

impl Catalogue {
    pub(crate) fn new(event: &Event) -> Catalogue {
        let regions: Vec<ListedRegion<'_>> = event.regions.iter().map(ListedRegion::of).collect();
        Catalogue {
            lists: Mutex::new(Lists::default()),
            regions: json(&regions),
            candidates: candidates(event),
            description: json(&description(event)),
        }
    }

    /// Laws in the order of the definition.
    pub(crate) fn laws(&self, event: &Event, now_ms: i64) -> Bytes {
        self.lists(event, now_ms).laws
    }

    /// Elections in the order of the definition.
    pub(crate) fn elections(&self, event: &Event, now_ms: i64) -> Bytes {
        self.lists(event, now_ms).elections
    }

    /// Regions in the order of the definition.
    pub(crate) fn regions(&self) -> Bytes {
        self.regions.clone()
    }

    /// Candidates of an election in a region, in ballot-paper order; none where it has none.
    pub(crate) fn candidates(&self, election: u32, region: u16) -> Option<Bytes> {
        self.candidates.get(&(election, region)).cloned()
    }

    /// What this service is and where to begin.
    pub(crate) fn description(&self) -> Bytes {
        self.description.clone()
    }

    fn lists(&self, event: &Event, now_ms: i64) -> Lists {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if !(lists.from_ms..lists.until_ms).contains(&now_ms) {
            *lists = Lists::at(event, now_ms);
        }
        lists.clone()
    }
}

impl Lists {
    fn at(event: &Event, now_ms: i64) -> Lists {
        let laws: Vec<ListedLaw<'_>> = event
            .laws()
            .map(|(ballot, law)| ListedLaw {
                law_id: &ballot.id,
                title: &ballot.title,
                question: &law.question,
                allow_blank: law.allow_blank,
                period: Period::of(ballot, now_ms),
            })
            .collect();
        let elections: Vec<ListedElection<'_>> = event
            .elections()
            .map(|(ballot, e)| ListedElection::of(ballot, e, now_ms))
            .collect();
        let edges = || {
            event
                .ballots()
                .iter()
                .flat_map(|ballot| [ballot.opens, ballot.closes])
        };
        Lists {
            laws: json(&laws),
            elections: json(&elections),
            from_ms: edges()
                .filter(|edge| *edge <= now_ms)
                .max()
                .unwrap_or(i64::MIN),
            until_ms: edges()
                .filter(|edge| *edge > now_ms)
                .min()
                .unwrap_or(i64::MAX),
        }
    }
}

fn json(value: &impl Serialize) -> Bytes {
    let json = serde_json::to_vec(value);
    json.expect("plain structs with string keys have no way to fail")
        .into()
}

#[derive(Serialize)]
struct Period {
    opens: String,
    closes: String,
    status: &'static str,
}

impl Period {
    fn of(ballot: &Ballot, now_ms: i64) -> Period {
        Period {
            opens: instant_text(ballot.opens),
            closes: instant_text(ballot.closes),
            status: match ballot.window(now_ms) {
                Window::NotOpen { .. } => "scheduled",
                Window::Open => "active",
                Window::Closed { .. } => "completed",
            },
        }
    }
}

#[derive(Serialize)]
struct ListedLaw<'a> {
    law_id: &'a str,
    title: &'a Text,
    question: &'a Text,
    allow_blank: bool,
    #[serde(flatten)]
    period: Period,
}

#[derive(Serialize)]
struct ListedElection<'a> {
    election_id: u32,
    election_code: &'a str,
    name: &'a Text,
    voting_method: Method,
    seats: u32,
    max_ranks: u32,
    region_ids: Vec<u16>,
    #[serde(flatten)]
    period: Period,
}

impl<'a> ListedElection<'a> {
    fn of(ballot: &'a Ballot, election: &Election, now_ms: i64) -> ListedElection<'a> {
        ListedElection {
            election_id: election.number,
            election_code: &ballot.id,
            name: &ballot.title,
            voting_method: election.method,
            seats: election.seats,
            max_ranks: election.max_ranks,
            region_ids: election.regions().iter().copied().collect(),
            period: Period::of(ballot, now_ms),
        }
    }
}

#[derive(Serialize)]
struct ListedRegion<'a> {
    region_id: u16,
    code: &'a str,
    name: &'a Text,
}

impl<'a> ListedRegion<'a> {
    fn of(region: &'a election::Region) -> ListedRegion<'a> {
        ListedRegion {
            region_id: region.number,
            code: &region.code,
            name: &region.name,
        }
    }
}

#[derive(Serialize)]
struct ListedCandidate<'a> {
    candidate_id: u32,
    first_name: &'a str,
    last_name: &'a str,
    party: Option<&'a str>,
    party_name: Option<&'a Text>,
    party_color: Option<&'a str>,
    status: CandidateStatus,
}

fn candidates(event: &Event) -> HashMap<(u32, u16), Bytes> {
    let mut documents = HashMap::new();
    for (_, election) in event.elections() {
        let mut by_region: HashMap<u16, Vec<ListedCandidate<'_>>> = HashMap::new();
        for candidate in election.candidates() {
            let party = candidate
                .party
                .as_deref()
                .and_then(|code| event.party(code));
            by_region
                .entry(candidate.region)
                .or_default()
                .push(ListedCandidate {
                    candidate_id: candidate.number,
                    first_name: &candidate.first_name,
                    last_name: &candidate.last_name,
                    party: party.map(|party| party.code.as_str()),
                    party_name: party.map(|party| &party.name),
                    party_color: party.map(|party| party.colour.as_str()),
                    status: candidate.status,
                });
        }
        let made = by_region.into_iter();
        documents.extend(made.map(|(region, list)| ((election.number, region), json(&list))));
    }
    documents
}

#[derive(Serialize)]
struct Description<'a> {
    service: &'static str,
    version: &'static str,
    event_id: &'a str,
    title: &'a Text,
    openapi: &'static str,
}

fn description(event: &Event) -> Description<'_> {
    Description {
        service: "scrutin validator",
        version: env!("CARGO_PKG_VERSION"),
        event_id: &event.id,
        title: &event.title,
        openapi: "/openapi.json",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn event() -> Event {
        let text = include_str!("../../../fixtures/election.toml");
        Event::from_toml(text).expect("the example is sound")
    }

    fn statuses(document: &Bytes) -> Vec<String> {
        let list: Vec<Value> = serde_json::from_slice(document).expect("JSON");
        list.iter()
            .map(|entry| entry["status"].as_str().expect("a status").to_owned())
            .collect()
    }

    #[test]
    fn status_follows_the_clock() {
        let event = event();
        let catalogue = Catalogue::new(&event);
        let first = event.ballots().first().expect("a ballot");
        let status_at = |now_ms| statuses(&catalogue.laws(&event, now_ms))[0].clone();
        assert_eq!(status_at(first.opens - 1), "scheduled");
        assert_eq!(status_at(first.opens), "active");
        assert_eq!(status_at(first.closes - 1), "active");
        assert_eq!(status_at(first.closes), "completed");
        assert_eq!(
            status_at(first.opens - 1),
            "scheduled",
            "the clock was set back"
        );
    }

    #[test]
    fn candidates_stand_in_their_region() {
        let event = event();
        let catalogue = Catalogue::new(&event);
        let document = catalogue.candidates(1, 1).expect("the example has them");
        let list: Vec<Value> = serde_json::from_slice(&document).expect("JSON");
        let (_, election) = event.elections().next().expect("an election");
        assert_eq!(list.len(), election.candidates_of(1).count());
        assert!(catalogue.candidates(1, 60_000).is_none());
        assert!(catalogue.candidates(99, 1).is_none());
    }
}
