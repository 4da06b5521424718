//! A validator's files: the signed package of the example event with a small roll, and the roll key.

use std::path::PathBuf;

use credentials::RollKey;
use election::Event;
use shards::FilterKind;
#[allow(unused_imports, reason = "whoever includes this file uses its part")]
pub(crate) use specimen::Voter;
use specimen::{EXAMPLE, Recipe, Roll, Specimen};

/// Voters of the roll; voter 0 is the one of the customer's own examples.
pub(crate) const VOTERS: u32 = 400;

/// The files that a validator is started with.
pub(crate) struct Fixture {
    specimen: Specimen,
}

impl Fixture {
    pub(crate) fn new() -> Fixture {
        Fixture::with_voters(VOTERS)
    }

    pub(crate) fn with_voters(voters: u32) -> Fixture {
        Fixture::of_roll(Roll::example(voters))
    }

    /// The same voters under another roll key: another package, whose ledger is another too.
    pub(crate) fn of_another_roll() -> Fixture {
        Fixture::of_roll(Roll {
            key: [2; RollKey::LEN],
            ..Roll::example(VOTERS)
        })
    }

    /// The same voters, and an event of another definition.
    #[allow(dead_code, reason = "whoever includes this file uses its part")]
    pub(crate) fn of_definition(definition: &str) -> Fixture {
        Fixture::made(definition, Roll::example(VOTERS))
    }

    /// The same voters, and a package with the authority's logo.
    #[allow(dead_code, reason = "whoever includes this file uses its part")]
    pub(crate) fn with_logo() -> Fixture {
        Fixture::of_recipe(&recipe(EXAMPLE, Roll::example(VOTERS)).with_logo())
    }

    fn of_roll(roll: Roll) -> Fixture {
        Fixture::made(EXAMPLE, roll)
    }

    fn made(definition: &str, roll: Roll) -> Fixture {
        Fixture::of_recipe(&recipe(definition, roll))
    }

    fn of_recipe(recipe: &Recipe) -> Fixture {
        let specimen = Specimen::new(recipe);
        specimen.sign("officer", "manifest.json.minisig");
        Fixture { specimen }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.specimen.path(name)
    }

    /// The arguments that every start needs; `data` is a directory beside the package.
    pub(crate) fn arguments(&self, data: &str) -> Vec<String> {
        let path = |name: &str| self.path(name).display().to_string();
        let pairs = [
            ("--package", path("package")),
            ("--trust", path("officer.pub")),
            ("--key", path("roll.key")),
            ("--data", path(data)),
            ("--listen", "127.0.0.1:0".to_owned()),
            ("--internal", "127.0.0.1:0".to_owned()),
        ];
        pairs
            .into_iter()
            .flat_map(|(flag, value)| [flag.to_owned(), value])
            .collect()
    }
}

fn recipe(definition: &str, roll: Roll) -> Recipe {
    Recipe {
        definition: definition.to_owned(),
        roll,
        filter: FilterKind::Fuse16,
        shard_bits: 1,
        partitions: 1,
        ..Recipe::default()
    }
}

pub(crate) fn event() -> Event {
    Event::from_toml(EXAMPLE).unwrap()
}
