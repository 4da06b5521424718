//! Topics of the live stream: each is a document of the API, told again when it changes.

use std::fmt;

use election::{Ballot, Event};

/// What a client may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Topic {
    /// A law, by its ballot's index.
    Law(u16),
    /// An election over all regions, by its ballot's index.
    Election(u16),
    /// One region of an election.
    Region(u16, u16),
    /// Votes so far of all ballots.
    Turnout,
    /// Only that something changed which may be seen: for pages, which then ask for themselves.
    Changes,
    /// Where the ledger stands, and whether this tally has read it to its end.
    System,
}

/// A topic and the event that its name is from.
pub(crate) struct Named<'a>(pub(crate) &'a Event, pub(crate) Topic);

impl Topic {
    /// The topics of a name: `law:ID`, `election:NUMBER`, `region:ELECTION:REGION`, `turnout`,
    /// `changes`, `system`; `law` and `election` are all of them. None where the event has no such thing.
    pub(crate) fn parse(event: &Event, text: &str) -> Option<Vec<Topic>> {
        let ballots = || event.ballots().iter();
        let election = |number: &str| event.election_by_number(number.parse().ok()?);
        let mut parts = text.split(':');
        let named = (parts.next()?, parts.next(), parts.next(), parts.next());
        Some(match named {
            ("turnout", None, None, None) => vec![Topic::Turnout],
            ("changes", None, None, None) => vec![Topic::Changes],
            ("system", None, None, None) => vec![Topic::System],
            ("law", None, None, None) => {
                let laws = ballots().filter(|ballot| ballot.law().is_some());
                laws.map(|ballot| Topic::Law(ballot.index.0)).collect()
            }
            ("law", Some(id), None, None) => {
                let ballot = event.ballot(id)?;
                ballot.law()?;
                vec![Topic::Law(ballot.index.0)]
            }
            ("election", None, None, None) => {
                let elections = ballots().filter(|ballot| ballot.election().is_some());
                let topics = elections.map(|ballot| Topic::Election(ballot.index.0));
                topics.collect()
            }
            ("election", Some(number), None, None) => {
                vec![Topic::Election(election(number)?.index.0)]
            }
            ("region", Some(number), Some(region), None) => {
                let ballot = election(number)?;
                let region = region.parse().ok()?;
                let votes_there = ballot.election()?.regions().contains(&region);
                votes_there.then_some(vec![Topic::Region(ballot.index.0, region)])?
            }
            _ => return None,
        })
    }

    /// The ballot it is about; none where it is about all.
    pub(crate) fn ballot(self, event: &Event) -> Option<&Ballot> {
        match self {
            Topic::Law(at) | Topic::Election(at) | Topic::Region(at, _) => {
                event.ballots().get(usize::from(at))
            }
            Topic::Turnout | Topic::Changes | Topic::System => None,
        }
    }
}

impl Named<'_> {
    /// Where the same document is read; none for what only the stream tells.
    pub(crate) fn href(&self) -> Option<String> {
        let number = || Some(self.1.ballot(self.0)?.election()?.number);
        match self.1 {
            Topic::Law(_) => Some(format!("/api/v1/results/{}", self.1.ballot(self.0)?.id)),
            Topic::Election(_) => Some(format!("/api/v1/elections/{}/results", number()?)),
            Topic::Region(_, region) => Some(format!(
                "/api/v1/elections/{}/regions/{region}/results",
                number()?
            )),
            Topic::Turnout => Some("/api/v1/turnout".to_owned()),
            Topic::Changes | Topic::System => None,
        }
    }
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ballot = self.1.ballot(self.0);
        let number = ballot.and_then(Ballot::election).map_or(0, |e| e.number);
        match self.1 {
            Topic::Law(_) => write!(f, "law:{}", ballot.map_or("", |ballot| &ballot.id)),
            Topic::Election(_) => write!(f, "election:{number}"),
            Topic::Region(_, region) => write!(f, "region:{number}:{region}"),
            Topic::Turnout => f.write_str("turnout"),
            Topic::Changes => f.write_str("changes"),
            Topic::System => f.write_str("system"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_nothing_else_is_a_topic() {
        let event = Event::from_toml(include_str!("../../../../../fixtures/election.toml"));
        let event = event.expect("the example");
        let all = |text| Topic::parse(&event, text).map_or(0, |topics| topics.len());
        let laws = event.ballots().iter().filter(|b| b.law().is_some()).count();
        assert_eq!(all("law"), laws);
        assert_eq!(all("law") + all("election"), event.ballots().len());
        for text in [
            "law:L2025-001",
            "election:1",
            "region:1:3",
            "turnout",
            "changes",
            "system",
        ] {
            let topics = Topic::parse(&event, text).expect(text);
            assert_eq!(topics.len(), 1, "{text}");
            assert_eq!(Named(&event, topics[0]).to_string(), text);
        }
        for text in [
            "",
            "laws",
            "law:",
            "law:E2025-QC",
            "law:L2025-001:1",
            "election:99",
            "election:x",
            "region:1",
            "region:1:999",
            "region:1:3:4",
            "turnout:L2025-001",
            "system:1",
        ] {
            assert_eq!(Topic::parse(&event, text), None, "{text}");
        }
    }
}
