//! From the text of `election.toml` to an event, or to all of its faults.

use std::collections::BTreeSet;

use handwritten::{Document, Fault, Reading, Section};
use jiff::tz::TimeZone;

use crate::authority;
use crate::ballot::{
    Candidate, CandidateStatus, CountingRules, Method, ResultsPolicy, System, TieBreak,
};
use crate::definition::{Definition, ElectionDefinition, LawDefinition};
use crate::event::{Event, Party, Region};
use crate::instant;
use crate::limits::{
    BALLOTS_MAX, CANDIDATES_MAX, DEFINITION_BYTES_MAX, FAULTS_MAX, PARTIES_MAX, REGIONS_MAX,
    RELEASE_MIN, WITNESSES_MAX,
};
use crate::log::{EventWitness, LogDefinition};
use crate::named_files::{NamedFiles, named_files};
use crate::section::{bilingual, window};
use crate::threshold::{RegionalMajority, Share, Threshold};
use crate::validate::validate;

impl Event {
    /// Reads a definition written by people.
    ///
    /// # Errors
    /// Every fault of the text, each with its line.
    pub fn from_toml(text: &str) -> Result<Event, Vec<Fault>> {
        Event::with_named_files(text).map(|(event, _)| event)
    }

    /// Reads a definition written by people, and which files beside it belong to the event.
    ///
    /// # Errors
    /// Every fault of the text, each with its line.
    pub fn with_named_files(text: &str) -> Result<(Event, NamedFiles), Vec<Fault>> {
        from_toml(text)
    }
}

fn from_toml(text: &str) -> Result<(Event, NamedFiles), Vec<Fault>> {
    let mut all = Reading::new(text);
    if text.len() > DEFINITION_BYTES_MAX {
        all.fault(
            None,
            "",
            format!("{} bytes, at most {DEFINITION_BYTES_MAX}", text.len()),
        );
        return Err(all.faults);
    }
    let Some(document) = Document::parse(&mut all, FAULTS_MAX) else {
        all.faults.sort();
        return Err(all.faults);
    };
    let (definition, files) = definition(&mut all, document.root());
    add_validation(&mut all, &definition);
    if all.faults.is_empty() {
        return Ok((definition.into_event(), files));
    }
    all.faults.sort();
    all.faults.truncate(FAULTS_MAX);
    Err(all.faults)
}

/// Adds the faults of meaning, except where reading already found the value, or a table around it,
/// at fault.
fn add_validation(all: &mut Reading<'_>, definition: &Definition) {
    let read: BTreeSet<String> = all.faults.iter().map(|fault| fault.path.clone()).collect();
    for mut fault in validate(definition) {
        let ends = fault
            .path
            .match_indices('.')
            .map(|(end, _)| end)
            .chain([fault.path.len()]);
        if !ends
            .map(|end| &fault.path[..end])
            .any(|path| read.contains(path))
        {
            fault.line = all.line_of(&fault.path);
            all.faults.push(fault);
        }
    }
}

fn definition(all: &mut Reading<'_>, mut root: Section<'_, '_>) -> (Definition, NamedFiles) {
    let event = root.table(all, "event");
    if event.is_none() {
        all.fault(
            None,
            "event",
            "is missing: write an [event] table with id, titles, time_zone, count_key and mask_key",
        );
    }
    let mut event = event.unwrap_or_else(|| root.absent("event"));
    let time_zone = event.text(all, "time_zone", "\"America/Toronto\"");
    let zone = instant::zone(&time_zone);
    let (authority, logo) = authority::read(all, &mut root);
    let definition = Definition {
        schema: Definition::SCHEMA.to_owned(),
        id: event.text(all, "id", "\"QC-2025\""),
        title: bilingual(all, &mut event, ["title_fr", "title_en"]),
        time_zone,
        count_key: event.text(all, "count_key", "\"64 hexadecimal digits\""),
        mask_key: event.text(all, "mask_key", "\"64 hexadecimal digits\""),
        log: log(all, &mut root),
        authority,
        party: root
            .tables(all, "party", PARTIES_MAX)
            .into_iter()
            .map(|s| party(all, s))
            .collect(),
        region: root
            .tables(all, "region", REGIONS_MAX)
            .into_iter()
            .map(|s| region(all, s))
            .collect(),
        law: root
            .tables(all, "law", BALLOTS_MAX)
            .into_iter()
            .map(|s| law(all, s, zone.as_ref()))
            .collect(),
        election: root
            .tables(all, "election", BALLOTS_MAX)
            .into_iter()
            .map(|s| election(all, s, zone.as_ref()))
            .collect(),
    };
    let files = named_files(all, &mut event, &mut root, logo);
    event.finish(all);
    root.finish(all);
    (definition, files)
}

/// The log and its witnesses, which stand in tables of their own.
fn log(all: &mut Reading<'_>, root: &mut Section<'_, '_>) -> Option<LogDefinition> {
    let written = root.table(all, "log");
    let required = root.table(all, "witnesses").map(|mut section| {
        let required = section.number(all, "required", None);
        section.finish(all);
        required
    });
    let witness: Vec<EventWitness> = root
        .tables(all, "witness", WITNESSES_MAX)
        .into_iter()
        .map(|section| witness(all, section))
        .collect();
    let Some(mut section) = written else {
        if required.is_some() || !witness.is_empty() {
            let message = "is missing, and witnesses are named: write a [log] table with origin and key, which they would watch";
            all.fault(None, "log", message);
        }
        return None;
    };
    let log = LogDefinition {
        origin: section.text(all, "origin", "\"scrutin.example/QC-2025\""),
        key: section.text(all, "key", "\"64 hexadecimal digits\""),
        required: required.unwrap_or_default(),
        witness,
    };
    section.finish(all);
    Some(log)
}

fn witness(all: &mut Reading<'_>, mut section: Section<'_, '_>) -> EventWitness {
    let witness = EventWitness {
        name: section.text(all, "name", "\"paper\""),
        key: section.text(all, "key", "\"witness.example/w1+519lMgAA+BG...\""),
        url: section.text(all, "url", "\"https://witness.example/\""),
    };
    section.finish(all);
    witness
}

fn party(all: &mut Reading<'_>, mut section: Section<'_, '_>) -> Party {
    let party = Party {
        code: section.text(all, "code", "\"PA\""),
        name: bilingual(all, &mut section, ["name_fr", "name_en"]),
        colour: section.text(all, "colour", "\"#1b5e9e\""),
    };
    section.finish(all);
    party
}

fn region(all: &mut Reading<'_>, mut section: Section<'_, '_>) -> Region {
    let region = Region {
        number: section.number(all, "number", None),
        code: section.text(all, "code", "\"R01\""),
        name: bilingual(all, &mut section, ["name_fr", "name_en"]),
    };
    section.finish(all);
    region
}

const RESULTS: [(&str, ResultsPolicy); 2] = [
    ("live", ResultsPolicy::Live),
    ("after_close", ResultsPolicy::AfterClose),
];

fn law(
    all: &mut Reading<'_>,
    mut section: Section<'_, '_>,
    zone: Option<&TimeZone>,
) -> LawDefinition {
    let (opens, closes) = window(all, &mut section, zone);
    let law = LawDefinition {
        id: section.text(all, "id", "\"L2025-001\""),
        title: bilingual(all, &mut section, ["title_fr", "title_en"]),
        question: bilingual(all, &mut section, ["question_fr", "question_en"]),
        opens,
        closes,
        results: section.word(all, "results", &RESULTS, ResultsPolicy::default()),
        release_min: section.number(all, "release_min", Some(RELEASE_MIN)),
        allow_blank: section.flag(all, "allow_blank"),
        threshold: threshold(all, &mut section),
    };
    section.finish(all);
    law
}

fn threshold(all: &mut Reading<'_>, law: &mut Section<'_, '_>) -> Threshold {
    let Some(mut section) = law.table(all, "threshold") else {
        return Threshold {
            votes: Share::MORE_THAN_HALF,
            regions: None,
        };
    };
    let votes = share(all, &mut section, "votes");
    let regions = section.table(all, "regions").map(|mut regions| {
        let majority = RegionalMajority {
            votes: share(all, &mut regions, "votes"),
            share: share(all, &mut regions, "share"),
        };
        regions.finish(all);
        majority
    });
    section.finish(all);
    Threshold { votes, regions }
}

fn share(all: &mut Reading<'_>, section: &mut Section<'_, '_>, key: &'static str) -> Share {
    let text = section.text(all, key, "\"more than 1/2\"");
    let path = section.path_of(key);
    if all.faults.iter().any(|fault| fault.path == path) {
        return Share::MORE_THAN_HALF;
    }
    text.parse().unwrap_or_else(|error: crate::ShareError| {
        let line = all.line_of(&path);
        all.fault(line, &path, error.to_string());
        Share::MORE_THAN_HALF
    })
}

fn election(
    all: &mut Reading<'_>,
    mut section: Section<'_, '_>,
    zone: Option<&TimeZone>,
) -> ElectionDefinition {
    let methods = [
        ("single_choice", Method::SingleChoice),
        ("ranked_choice", Method::RankedChoice),
    ];
    let number = section.number(all, "number", None);
    let code = section.text(all, "code", "\"E2025-QC\"");
    let title = bilingual(all, &mut section, ["name_fr", "name_en"]);
    let method = section.word(all, "method", &methods, Method::SingleChoice);
    let ranks = match method {
        Method::SingleChoice => Some(1),
        Method::RankedChoice => None,
    };
    let seats = section.number(all, "seats", Some(1));
    let (opens, closes) = window(all, &mut section, zone);
    let election = ElectionDefinition {
        number,
        code,
        title,
        opens,
        closes,
        results: section.word(all, "results", &RESULTS, ResultsPolicy::default()),
        release_min: section.number(all, "release_min", Some(RELEASE_MIN)),
        method,
        seats,
        max_ranks: section.number(all, "max_ranks", ranks),
        counting: counting(all, &mut section, method, seats),
        candidate: section
            .tables(all, "candidate", CANDIDATES_MAX)
            .into_iter()
            .map(|s| candidate(all, s))
            .collect(),
    };
    section.finish(all);
    election
}

/// The rules as written, or those that the method and the seats suggest.
fn counting(
    all: &mut Reading<'_>,
    election: &mut Section<'_, '_>,
    method: Method,
    seats: u32,
) -> CountingRules {
    let mut rules = CountingRules {
        system: match (method, seats) {
            (Method::SingleChoice, _) => System::Plurality,
            (Method::RankedChoice, 0 | 1) => System::Irv,
            (Method::RankedChoice, _) => System::Stv,
        },
        batch_elimination: false,
        continue_until_two: false,
        decimals: 4,
        tie_break: TieBreak::CandidateOrder,
    };
    let Some(mut section) = election.table(all, "counting") else {
        return rules;
    };
    let systems = [
        ("plurality", System::Plurality),
        ("irv", System::Irv),
        ("stv", System::Stv),
        ("bottoms_up", System::BottomsUp),
    ];
    rules.system = section.word(all, "system", &systems, rules.system);
    rules.batch_elimination = section.flag(all, "batch_elimination");
    rules.continue_until_two = section.flag(all, "continue_until_two");
    rules.decimals = section.number(all, "decimals", Some(rules.decimals));
    rules.tie_break = tie_break(all, &mut section);
    section.finish(all);
    rules
}

fn tie_break(all: &mut Reading<'_>, section: &mut Section<'_, '_>) -> TieBreak {
    let words = [
        ("candidate_order", TieBreak::CandidateOrder),
        ("previous_rounds", TieBreak::PreviousRounds),
        ("seed", TieBreak::Seed(0)),
    ];
    match section.word(all, "tie_break", &words, TieBreak::CandidateOrder) {
        TieBreak::Seed(_) => TieBreak::Seed(section.number(all, "seed", None)),
        other => other,
    }
}

fn candidate(all: &mut Reading<'_>, mut section: Section<'_, '_>) -> Candidate {
    let statuses = [
        ("active", CandidateStatus::Active),
        ("withdrawn", CandidateStatus::Withdrawn),
    ];
    let candidate = Candidate {
        number: section.number(all, "number", None),
        region: section.number(all, "region", None),
        party: section.optional_text(all, "party").map(str::to_owned),
        first_name: section.text(all, "first_name", "\"...\""),
        last_name: section.text(all, "last_name", "\"...\""),
        status: section.word(all, "status", &statuses, CandidateStatus::Active),
    };
    section.finish(all);
    candidate
}
