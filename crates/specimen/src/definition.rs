//! Definitions of events, as officials write them.

use std::fmt::Write;

use election::Event;

/// The example event: two open laws, an election by single choice and a ranked one, in six regions.
pub const EXAMPLE: &str = include_str!("../../../fixtures/election.toml");

/// Public keys of which nobody needs the private halves: of the count hand, of the mask hand.
pub const HAND_KEYS: [&str; 2] = [
    "e3f53cb0c8535043d198d0275fe9fffcf736fc1c539191334ab910cf9899be33",
    "e96d77aafa41a438c89bcf04a556cbaa73c831f1cfdf7d4cfe2a478a4e1cde26",
];

/// Candidates of each election in each region.
const CANDIDATES: u32 = 4;

/// An event that was open all of 2025.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Public halves of the count key and of the mask key, as hexadecimal digits.
    pub hand_keys: [String; 2],
    /// Laws, in the order of their ballots.
    pub laws: Vec<Law>,
    /// Elections, in the order of their ballots, which come after those of the laws.
    pub elections: Vec<Election>,
    /// Numbers of the regions, ascending.
    pub regions: Vec<u16>,
}

/// A law, on which blank votes are allowed.
#[derive(Clone, Copy, Debug)]
pub struct Law {
    /// Id of the law's ballot.
    pub id: &'static str,
    /// When results are shown: `live` or `after_close`.
    pub results: &'static str,
    /// Fewest votes that are shown together.
    pub release_min: u32,
    /// Voting ends when this year begins.
    pub closes: u16,
}

/// An election with live results that is open until 2035. In each region four candidates stand, numbered
/// on from region to region; the first of them is of party `PA`.
#[derive(Clone, Copy, Debug)]
pub struct Election {
    /// Number of the election in the event.
    pub number: u32,
    /// Id of the election's ballot.
    pub code: &'static str,
    /// How voters choose among the candidates.
    pub method: Method,
}

/// How voters choose among candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// One candidate, as on a paper ballot.
    SingleChoice,
    /// Candidates by preference, at most so many.
    RankedChoice(u32),
}

impl Law {
    /// A law with live results that is open until 2035.
    #[must_use]
    pub fn live(id: &'static str) -> Law {
        Law {
            id,
            results: "live",
            release_min: 1,
            closes: 2035,
        }
    }
}

impl Definition {
    /// An event of these laws alone, with live results.
    #[must_use]
    pub fn of_laws(
        ids: impl IntoIterator<Item = &'static str>,
        regions: impl IntoIterator<Item = u16>,
    ) -> Definition {
        Definition {
            hand_keys: HAND_KEYS.map(str::to_owned),
            laws: ids.into_iter().map(Law::live).collect(),
            elections: Vec::new(),
            regions: regions.into_iter().collect(),
        }
    }

    /// The definition as the programs read it.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let [count_key, mask_key] = &self.hand_keys;
        let mut text = format!(
            "[event]\nid = \"T-2025\"\ntitle_fr = \"Essai\"\ntitle_en = \"Test\"\n\
             time_zone = \"America/Toronto\"\ncount_key = \"{count_key}\"\n\
             mask_key = \"{mask_key}\"\n"
        );
        let written = self.write_ballots(&mut text);
        written.expect("a string takes whatever is written to it");
        text
    }

    fn write_ballots(&self, text: &mut String) -> std::fmt::Result {
        for Law {
            id,
            results,
            release_min,
            closes,
        } in &self.laws
        {
            write!(
                text,
                "\n[[law]]\nid = \"{id}\"\ntitle_fr = \"Loi {id}\"\ntitle_en = \"Law {id}\"\n\
                 question_fr = \"Oui ?\"\nquestion_en = \"Yes?\"\nopens = 2025-01-01T00:00:00\n\
                 closes = {closes}-01-01T00:00:00\nresults = \"{results}\"\nrelease_min = {release_min}\nallow_blank = true\n"
            )?;
        }
        for region in &self.regions {
            write!(
                text,
                "\n[[region]]\nnumber = {region}\ncode = \"R{region}\"\n\
                 name_fr = \"Région {region}\"\nname_en = \"Region {region}\"\n"
            )?;
        }
        if !self.elections.is_empty() {
            text.push_str(
                "\n[[party]]\ncode = \"PA\"\nname_fr = \"Parti A\"\nname_en = \"Party A\"\n\
                 colour = \"#1b5e9e\"\n",
            );
        }
        for election in &self.elections {
            self.write_election(text, *election)?;
        }
        Ok(())
    }

    fn write_election(&self, text: &mut String, election: Election) -> std::fmt::Result {
        let Election {
            number,
            code,
            method,
        } = election;
        let method = match method {
            Method::SingleChoice => "method = \"single_choice\"\n".to_owned(),
            Method::RankedChoice(max) => {
                format!("method = \"ranked_choice\"\nmax_ranks = {max}\n")
            }
        };
        write!(
            text,
            "\n[[election]]\nnumber = {number}\ncode = \"{code}\"\nname_fr = \"Élection {code}\"\n\
             name_en = \"Election {code}\"\nopens = 2025-01-01T00:00:00\n\
             closes = 2035-01-01T00:00:00\nresults = \"live\"\nrelease_min = 1\n{method}"
        )?;
        let places = self.regions.iter().flat_map(|region| {
            (0..CANDIDATES)
                .map(move |place| (*region, if place == 0 { "party = \"PA\"\n" } else { "" }))
        });
        for (candidate, (region, party)) in (1..).zip(places) {
            write!(
                text,
                "[[election.candidate]]\nnumber = {candidate}\nregion = {region}\n{party}\
                 first_name = \"C.\"\nlast_name = \"Candidat-{candidate:02}\"\n"
            )?;
        }
        Ok(())
    }

    /// The event as programs read it from the definition's TOML.
    #[must_use]
    pub fn event(&self) -> Event {
        read(&self.to_toml())
    }
}

/// The event that a definition describes.
pub(crate) fn read(definition: &str) -> Event {
    match Event::from_toml(definition) {
        Ok(event) => event,
        Err(faults) => panic!("the definition of a specimen has faults: {faults:?}"),
    }
}
