//! The meaning of a definition: what must hold beyond each value being well formed.
//! One set of rules for `election.toml` and for the canonical JSON of a package.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

use handwritten::Fault;

use crate::alike::{self, Looks};
use crate::ballot::{Candidate, CandidateStatus, CountingRules, Method, System};
use crate::definition::{Definition, ElectionDefinition, LawDefinition};
use crate::hand_key::WeakKey;
use crate::instant;
use crate::language::Language;
use crate::limits::{
    BALLOTS_MAX, CANDIDATES_MAX, DECIMALS_MAX, ID_BYTES_MAX, NAME_BYTES_MAX, PARTIES_MAX,
    QUESTION_BYTES_MAX, RANKS_MAX, REGIONS_MAX, RELEASE_MIN_MAX, SEATS_MAX,
};
use crate::printable;
use crate::text::Text;

/// Every fault of meaning, by path in the vocabulary of `election.toml`.
pub(crate) fn validate(definition: &Definition) -> Vec<Fault> {
    let mut faults = Faults(Vec::new());
    event(&mut faults, definition);
    if let Some(log) = &definition.log {
        faults.0.extend(crate::log::validate(log));
    }
    if let Some(authority) = &definition.authority {
        faults.0.extend(crate::authority::validate(authority));
    }
    parties(&mut faults, definition);
    regions(&mut faults, definition);
    ballot_ids(&mut faults, definition);
    for (at, law) in definition.law.iter().enumerate() {
        self::law(&mut faults, &format!("law[{at}]"), law, definition);
    }
    for (at, election) in definition.election.iter().enumerate() {
        self::election(
            &mut faults,
            &format!("election[{at}]"),
            election,
            definition,
        );
    }
    faults.0
}

struct Faults(Vec<Fault>);

impl Faults {
    fn push(&mut self, path: String, message: impl Into<String>) {
        self.0.push(Fault {
            line: None,
            path,
            message: message.into(),
        });
    }

    fn unless(&mut self, holds: bool, path: impl FnOnce() -> String, message: &str) {
        if !holds {
            self.push(path(), message);
        }
    }

    fn count(&mut self, path: &str, got: usize, max: usize) {
        if got > max {
            self.push(
                path.to_owned(),
                format!("{got} of them, at most {max} are taken"),
            );
        }
    }

    /// A printed text: present, bounded, on one line, of characters that are seen.
    fn text(&mut self, path: String, text: &str, bytes_max: usize) {
        if let Some(message) = printable::fault(text, bytes_max) {
            self.push(path, message);
        }
    }

    fn bilingual(&mut self, path: &str, key: &str, text: &Text, bytes_max: usize) {
        self.text(format!("{path}.{key}_fr"), &text.fr, bytes_max);
        self.text(format!("{path}.{key}_en"), &text.en, bytes_max);
    }

    fn id(&mut self, path: String, id: &str) {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        let sound = (1..=ID_BYTES_MAX).contains(&id.len())
            && id.bytes().all(allowed)
            && !id.starts_with('.');
        self.unless(
            sound,
            || path,
            "use 1 to 32 letters, digits, dots, underscores or hyphens, the first not a dot",
        );
    }
}

/// Calls `repeated(at, first)` for every key that already stood at `first`.
fn repeats<K: Hash + Eq>(keys: impl Iterator<Item = K>, mut repeated: impl FnMut(usize, usize)) {
    let mut seen = HashMap::new();
    for (at, key) in keys.enumerate() {
        let first = *seen.entry(key).or_insert(at);
        if first != at {
            repeated(at, first);
        }
    }
}

fn event(faults: &mut Faults, definition: &Definition) {
    if definition.schema != Definition::SCHEMA {
        let got: String = definition.schema.chars().take(60).collect();
        faults.push(
            "schema".to_owned(),
            format!("expected {}, got `{got}`", Definition::SCHEMA),
        );
    }
    faults.id("event.id".to_owned(), &definition.id);
    faults.bilingual("event", "title", &definition.title, NAME_BYTES_MAX);
    faults.unless(
        instant::zone(&definition.time_zone).is_some(),
        || "event.time_zone".to_owned(),
        "is not an IANA time zone: write one such as \"America/Toronto\"",
    );
    hand_key(faults, "event.count_key", &definition.count_key);
    hand_key(faults, "event.mask_key", &definition.mask_key);
    faults.unless(
        definition.count_key != definition.mask_key,
        || "event.mask_key".to_owned(),
        "is the count key too: whoever holds it alone reads every vote; make two keys, for two holders",
    );
    faults.unless(
        !(definition.law.is_empty() && definition.election.is_empty()),
        String::new,
        "nothing to vote on: write at least one [[law]] or [[election]]",
    );
}

fn hand_key(faults: &mut Faults, path: &str, text: &str) {
    let message = match crate::hand_key::parse(text) {
        None => Some(
            "expected the public half of a key, 64 hexadecimal digits in lower case: make one with `tally keygen`",
        ),
        Some(key) => crate::hand_key::weakness(&key).map(WeakKey::explanation),
    };
    if let Some(message) = message {
        faults.push(path.to_owned(), message);
    }
}

fn parties(faults: &mut Faults, definition: &Definition) {
    faults.count("party", definition.party.len(), PARTIES_MAX);
    for (at, party) in definition.party.iter().enumerate() {
        let path = format!("party[{at}]");
        faults.id(format!("{path}.code"), &party.code);
        faults.bilingual(&path, "name", &party.name, NAME_BYTES_MAX);
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let digits = party.colour.strip_prefix('#');
        faults.unless(
            digits.is_some_and(|d| d.len() == 6 && d.bytes().all(hex)),
            || format!("{path}.colour"),
            "expected a colour such as \"#1b5e9e\" (lower case)",
        );
    }
    repeats(definition.party.iter().map(|p| &p.code), |at, first| {
        faults.push(
            format!("party[{at}].code"),
            format!("party[{first}] has the same code"),
        );
    });
    let names: Vec<&Text> = definition.party.iter().map(|party| &party.name).collect();
    names_alike(faults, "party", &names);
}

fn regions(faults: &mut Faults, definition: &Definition) {
    faults.count("region", definition.region.len(), REGIONS_MAX);
    for (at, region) in definition.region.iter().enumerate() {
        let path = format!("region[{at}]");
        faults.unless(
            region.number > 0,
            || format!("{path}.number"),
            "regions count from 1 to 65535: 0 stands for no region on the roll",
        );
        faults.id(format!("{path}.code"), &region.code);
        faults.bilingual(&path, "name", &region.name, NAME_BYTES_MAX);
    }
    repeats(definition.region.iter().map(|r| r.number), |at, first| {
        faults.push(
            format!("region[{at}].number"),
            format!("region[{first}] has the same number"),
        );
    });
    repeats(definition.region.iter().map(|r| &r.code), |at, first| {
        faults.push(
            format!("region[{at}].code"),
            format!("region[{first}] has the same code"),
        );
    });
    let names: Vec<&Text> = definition
        .region
        .iter()
        .map(|region| &region.name)
        .collect();
    names_alike(faults, "region", &names);
}

/// Ids name directories, and a USB stick's file system may not tell `a` from `A`.
fn ballot_ids(faults: &mut Faults, definition: &Definition) {
    let laws = definition
        .law
        .iter()
        .enumerate()
        .map(|(at, l)| (format!("law[{at}].id"), &l.id));
    let elections = definition.election.iter().enumerate();
    let elections = elections.map(|(at, e)| (format!("election[{at}].code"), &e.code));
    let ids: Vec<(String, &String)> = laws.chain(elections).collect();
    faults.count("law and election together", ids.len(), BALLOTS_MAX);
    for (path, id) in &ids {
        faults.id(path.clone(), id);
    }
    repeats(
        ids.iter().map(|(_, id)| id.to_ascii_lowercase()),
        |at, first| {
            let (path, earlier) = (ids[at].0.clone(), &ids[first].0);
            faults.push(
                path,
                format!(
                    "same as {earlier}, upper and lower case alike: every ballot needs its own"
                ),
            );
        },
    );
    repeats(definition.election.iter().map(|e| e.number), |at, first| {
        faults.push(
            format!("election[{at}].number"),
            format!("election[{first}] has the same number"),
        );
    });
}

fn window(faults: &mut Faults, path: &str, opens: i64, closes: i64) {
    faults.unless(
        opens < closes,
        || format!("{path}.closes"),
        "must be later than opens: the ballot would never be open",
    );
}

fn release_min(faults: &mut Faults, path: &str, votes: u32) {
    if !(1..=RELEASE_MIN_MAX).contains(&votes) {
        faults.push(
            format!("{path}.release_min"),
            format!("expected 1 to {RELEASE_MIN_MAX}, got {votes}"),
        );
    }
}

fn law(faults: &mut Faults, path: &str, law: &LawDefinition, definition: &Definition) {
    faults.bilingual(path, "title", &law.title, NAME_BYTES_MAX);
    faults.bilingual(path, "question", &law.question, QUESTION_BYTES_MAX);
    window(faults, path, law.opens, law.closes);
    release_min(faults, path, law.release_min);
    faults.unless(
        law.threshold.regions.is_none() || !definition.region.is_empty(),
        || format!("{path}.threshold.regions"),
        "needs regions: write at least one [[region]], or leave this table out",
    );
}

fn election(
    faults: &mut Faults,
    path: &str,
    election: &ElectionDefinition,
    definition: &Definition,
) {
    faults.unless(
        election.number > 0,
        || format!("{path}.number"),
        "elections count from 1",
    );
    faults.bilingual(path, "name", &election.title, NAME_BYTES_MAX);
    window(faults, path, election.opens, election.closes);
    release_min(faults, path, election.release_min);
    if !(1..=SEATS_MAX).contains(&election.seats) {
        faults.push(
            format!("{path}.seats"),
            format!("expected 1 to {SEATS_MAX}, got {}", election.seats),
        );
    }
    max_ranks(faults, path, election);
    counting(
        faults,
        &format!("{path}.counting"),
        &election.counting,
        election,
    );
    candidates(faults, path, election, definition);
}

fn max_ranks(faults: &mut Faults, path: &str, election: &ElectionDefinition) {
    let (expected, holds) = match election.method {
        Method::SingleChoice => ("1 with single_choice".to_owned(), election.max_ranks == 1),
        Method::RankedChoice => (
            format!("1 to {RANKS_MAX}"),
            (1..=RANKS_MAX).contains(&election.max_ranks),
        ),
    };
    if !holds {
        let message = format!("expected {expected}, got {}", election.max_ranks);
        faults.push(format!("{path}.max_ranks"), message);
    }
}

fn counting(faults: &mut Faults, path: &str, rules: &CountingRules, election: &ElectionDefinition) {
    let system = || format!("{path}.system");
    match (election.method, rules.system) {
        (Method::SingleChoice, System::Plurality) => {}
        (Method::SingleChoice, _) => {
            faults.push(system(), "single_choice ballots are counted by plurality");
        }
        (Method::RankedChoice, System::Plurality) => {
            faults.push(
                system(),
                "ranked_choice ballots are counted by irv, stv or bottoms_up",
            );
        }
        (Method::RankedChoice, System::Irv) => {
            faults.unless(
                election.seats == 1,
                system,
                "irv fills one seat: use stv or bottoms_up",
            );
        }
        (Method::RankedChoice, System::Stv | System::BottomsUp) => {}
    }
    faults.unless(
        !rules.continue_until_two || rules.system == System::Irv,
        || format!("{path}.continue_until_two"),
        "belongs to irv only: remove it",
    );
    faults.unless(
        !rules.batch_elimination || rules.system == System::Irv,
        || format!("{path}.batch_elimination"),
        "belongs to irv only: remove it",
    );
    faults.unless(
        rules.decimals <= DECIMALS_MAX,
        || format!("{path}.decimals"),
        "expected 0 to 9 decimals",
    );
}

fn candidates(
    faults: &mut Faults,
    path: &str,
    election: &ElectionDefinition,
    definition: &Definition,
) {
    let list = &election.candidate;
    faults.count(&format!("{path}.candidate"), list.len(), CANDIDATES_MAX);
    let regions: BTreeSet<u16> = definition.region.iter().map(|r| r.number).collect();
    let parties: BTreeSet<&str> = definition.party.iter().map(|p| p.code.as_str()).collect();
    for (at, candidate) in list.iter().enumerate() {
        let path = format!("{path}.candidate[{at}]");
        self::candidate(faults, &path, candidate, &regions, &parties);
    }
    repeats(list.iter().map(|c| c.number), |at, first| {
        faults.push(
            format!("{path}.candidate[{at}].number"),
            format!(
                "{path}.candidate[{first}] has the same number: numbers are unique in an election"
            ),
        );
    });
    candidates_alike(faults, path, list);
    let mut active: BTreeMap<u16, u32> = BTreeMap::new();
    for candidate in list {
        let standing = u32::from(candidate.status == CandidateStatus::Active);
        *active.entry(candidate.region).or_default() += standing;
    }
    faults.unless(
        !active.is_empty(),
        || format!("{path}.candidate"),
        "nobody stands: write at least one [[election.candidate]]",
    );
    for (region, _) in active.iter().filter(|(_, standing)| **standing == 0) {
        let message =
            format!("every candidate of region {region} has withdrawn: its voters could not vote");
        faults.push(format!("{path}.candidate"), message);
    }
}

/// Refuses candidates of one paper whose names look alike: of one party, and of any two where one
/// name is written with letters of another script. Two people of one name in two parties do occur.
fn candidates_alike(faults: &mut Faults, path: &str, list: &[Candidate]) {
    let name = |at: usize| format!("{} {}", list[at].first_name, list[at].last_name);
    let looks: Vec<Looks> = (0..list.len()).map(|at| alike::looks(&name(at))).collect();
    let mut found = BTreeMap::new();
    let as_voters_see = list.iter().zip(&looks).map(|(candidate, looks)| {
        let stands = candidate.status == CandidateStatus::Active;
        let key = (candidate.region, candidate.party.as_deref(), stands);
        (key, looks.clone())
    });
    alike::pairs(as_voters_see, |at, first| {
        let _ = found.insert(at, first);
    });
    let on_one_paper = list.iter().zip(&looks);
    let on_one_paper = on_one_paper.map(|(candidate, looks)| (candidate.region, looks.clone()));
    alike::pairs(on_one_paper, |at, first| {
        if alike::scripts(&name(at)) != alike::scripts(&name(first)) {
            found.entry(at).or_insert(first);
        }
    });
    for (at, first) in found {
        let (one, other) = (name(first), name(at));
        faults.push(
            format!("{path}.candidate[{at}]"),
            format!(
                "`{other}` looks like `{one}` of {path}.candidate[{first}]: voters could not tell them apart"
            ),
        );
    }
}

/// Refuses names of parties, or of regions, of which two look alike in a language.
fn names_alike(faults: &mut Faults, list: &str, names: &[&Text]) {
    for language in Language::ALL {
        let of = |at: usize| names[at].in_language(language);
        let looks = (0..names.len()).map(|at| ((), alike::looks(of(at))));
        alike::pairs(looks, |at, first| {
            let (one, other, language) = (of(first), of(at), language.tag());
            faults.push(
                format!("{list}[{at}].name_{language}"),
                format!(
                    "`{other}` looks like `{one}` of {list}[{first}]: voters could not tell them apart"
                ),
            );
        });
    }
}

fn candidate(
    faults: &mut Faults,
    path: &str,
    candidate: &Candidate,
    regions: &BTreeSet<u16>,
    parties: &BTreeSet<&str>,
) {
    faults.unless(
        candidate.number > 0,
        || format!("{path}.number"),
        "candidates count from 1",
    );
    if !regions.contains(&candidate.region) {
        let message = format!("no [[region]] has number {}", candidate.region);
        faults.push(format!("{path}.region"), message);
    }
    if let Some(party) = candidate
        .party
        .as_deref()
        .filter(|code| !parties.contains(code))
    {
        let code: String = party.chars().take(60).collect();
        faults.push(
            format!("{path}.party"),
            format!("no [[party]] has code `{code}`: leave it out for an independent"),
        );
    }
    faults.text(
        format!("{path}.first_name"),
        &candidate.first_name,
        NAME_BYTES_MAX,
    );
    faults.text(
        format!("{path}.last_name"),
        &candidate.last_name,
        NAME_BYTES_MAX,
    );
}
