//! The list of an election's regions: sorted by margin, searched and filtered by the address.

use std::collections::BTreeMap;

use election::{Ballot, Candidate, Election};

use super::asked::Show;
use super::contest::{Contest, Margin, Mark};
use super::gain::Holders;
use super::night::{Night, ballot_path};
use super::parties::{Fill, candidate_name, fill, party_name, party_position, party_short};
use super::view::{ElectionView, RegionView};
use crate::chart::NEUTRAL;
use crate::wording;

/// A region in the list.
pub(super) struct RegionLine<'a> {
    pub(super) number: u16,
    pub(super) href: String,
    pub(super) name: &'a str,
    pub(super) code: &'a str,
    pub(super) turnout: String,
    /// None where no vote of the region is counted.
    pub(super) leader: Option<Leader<'a>>,
    /// The count itself calls for a recount.
    pub(super) recount: bool,
    /// Message id of why there is no leader.
    pub(super) empty: &'static str,
    /// What a search finds the region by, beside its name.
    pub(super) names: String,
    /// The filters that show the region, as scripts know them.
    pub(super) shows: String,
    /// Left out by what is asked for. Scripts can show it again.
    pub(super) is_hidden: bool,
}

/// Who leads in a region, and by how much.
pub(super) struct Leader<'a> {
    pub(super) name: String,
    pub(super) party: String,
    /// Code of the party, for a tile; a dash for nobody's.
    pub(super) short: &'a str,
    pub(super) fill: Fill<'a>,
    /// Votes, and their share; both empty where there is no single margin.
    pub(super) margin: String,
    pub(super) share: String,
    /// Message id and style class of the mark.
    pub(super) standing: &'static str,
    /// Whose seat it was, where it was another party's.
    pub(super) gain: Option<String>,
}

/// A choice of the filter of the list.
pub(super) struct ShowLine {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) is_asked: bool,
}

/// The choices of the filter, in order; gains only where there is somebody to gain from.
pub(super) fn show_lines(night: &Night<'_>, mark: Mark, has_holders: bool) -> Vec<ShowLine> {
    let offered = Show::OF_ELECTIONS.into_iter();
    let offered = offered.filter(|show| has_holders || *show != Show::Gains);
    let lines = offered.map(|show| ShowLine {
        name: show.name(),
        label: match show {
            Show::Closest => "show-closest",
            Show::Tied => "show-tied",
            Show::NotReleased => "show-unreleased",
            Show::Gains if mark == Mark::Leading => "show-held",
            Show::Gains => "show-gains",
            Show::All | Show::Against => "show-all",
        },
        is_asked: show == night.asked.show,
    });
    lines.collect()
}

/// All regions, the closest first.
pub(super) fn region_lines<'a>(
    night: &Night<'a>,
    ballot: &Ballot,
    election: &Election,
    view: &ElectionView,
    holders: Option<&Holders>,
) -> Vec<RegionLine<'a>> {
    let mut regions: Vec<(Contest, &RegionView)> = view
        .regions
        .iter()
        .map(|region| (Contest::of(election, region), region))
        .collect();
    if view.seen.counts().is_some() {
        regions.sort_by(|(one, _), (two, _)| one.compare(two));
    }
    let mut standing: BTreeMap<u16, Vec<&Candidate>> = BTreeMap::new();
    for candidate in election.candidates() {
        standing
            .entry(candidate.region)
            .or_default()
            .push(candidate);
    }
    let mark = Mark::of(&view.progress);
    let line = |(contest, region): (Contest, &RegionView)| {
        let candidates = standing.get(&region.region).map_or(&[][..], Vec::as_slice);
        let place = night.context.event.region(region.region)?;
        let name = place.name.in_language(night.lang());
        let names = names_of(night, candidates);
        let asked = night.asked;
        let is_found = asked.finds(&format!("{name} {} {names}", place.code));
        let leader = leader(night, election, &contest, mark).map(|(first, leader)| Leader {
            gain: holders.and_then(|held| held.gain(night, region.region, first?, mark)),
            ..leader
        });
        let is_gain = leader.as_ref().is_some_and(|leader| leader.gain.is_some());
        let shows = Show::OF_ELECTIONS.into_iter();
        let shows = shows.filter(|show| contest.is_in(*show) || (*show == Show::Gains && is_gain));
        let shows: Vec<&str> = shows.map(Show::name).collect();
        Some(RegionLine {
            number: region.region,
            href: night.link(&format!(
                "{}/regions/{}",
                ballot_path(&ballot.id),
                region.region
            )),
            name,
            code: &place.code,
            turnout: night.percent(region.turnout.votes, region.turnout.registered),
            leader,
            recount: region.recount,
            empty: match region.turnout.votes {
                0 => "no-votes",
                _ => "not-counted-yet",
            },
            names,
            is_hidden: !is_found || !shows.contains(&asked.show.name()),
            shows: shows[1..].join(" "),
        })
    };
    regions.into_iter().filter_map(line).collect()
}

/// Candidates by name, and the codes of their parties.
fn names_of(night: &Night<'_>, candidates: &[&Candidate]) -> String {
    let mut words = Vec::new();
    for candidate in candidates {
        words.push(candidate.last_name.as_str());
        let code = candidate.party.as_deref();
        let party = night
            .context
            .event
            .parties
            .iter()
            .find(|party| Some(party.code.as_str()) == code);
        words.extend(party.map(|party| party.name.in_language(night.lang())));
    }
    words.join(" ")
}

/// Who has the last seat, or between whom it is tied; first the party's position, where one candidate has it.
fn leader<'a>(
    night: &Night<'a>,
    election: &Election,
    contest: &Contest,
    mark: Mark,
) -> Option<(Option<Option<usize>>, Leader<'a>)> {
    let event = night.context.event;
    let (first, margin) = match contest {
        Contest::NothingCounted => return None,
        Contest::Tied { tied, .. } => {
            let names = tied.iter().map(|n| candidate_name(election, *n));
            let tied = Leader {
                name: names.collect::<Vec<String>>().join(", "),
                party: String::new(),
                short: "=",
                fill: Fill {
                    colour: NEUTRAL,
                    pattern: 0,
                },
                margin: wording::count(night.lang(), 0),
                share: String::new(),
                standing: "leader-tied",
                gain: None,
            };
            return Some((None, tied));
        }
        Contest::Ahead { winners, margin } => (*winners.first()?, *margin),
    };
    let position = party_position(event, election, first);
    let in_votes = |m: Margin| wording::decimal(night.lang(), m.votes, m.decimals);
    let leader = Leader {
        name: candidate_name(election, first),
        party: party_name(night, position),
        short: party_short(event, position),
        fill: fill(event, position),
        margin: margin.map(in_votes).unwrap_or_default(),
        share: margin.map(|m| m.share(night.lang())).unwrap_or_default(),
        standing: mark.of_candidate(),
        gain: None,
    };
    Some((Some(position), leader))
}
