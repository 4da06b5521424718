//! `make night`: an invented election night on the real results pages.

use std::process::ExitCode;

use companions::{Companions, builder};
use election::Event;
use shards::Package;
use specimen::{Recipe, Roll, Specimen};
use tally::night;

fn main() -> ExitCode {
    let args = match commandline::arguments::<night::Args>() {
        Ok(args) => args,
        Err(status) => return status,
    };
    let specimen = Specimen::new(&Recipe {
        definition: night::definition(),
        companions: companions(),
        // The evening brings a roll of its own: this one makes a package that can be opened.
        roll: Roll::new(125, 1..=125),
        ..Recipe::default()
    });
    let package = Package::open(&specimen.package(), &specimen.signed()).expect("a sound package");
    night::run(&args, package)
}

/// The map of the province, and how its regions voted before.
fn companions() -> Companions {
    let event = Event::from_toml(&night::definition()).expect("a sound definition");
    let regions = include_bytes!("../../../fixtures/regions-125.geojson");
    let votes = include_bytes!("../../../fixtures/baseline-125.csv");
    let title = election::Text {
        fr: "Élections de 2021 (exemple)".to_owned(),
        en: "2021 elections (example)".to_owned(),
    };
    let date = "2021-10-04".parse().expect("a day");
    let baseline = builder::baseline(votes, &event, title, date);
    let drawing = builder::geometry(regions, &event).expect("the map of the province");
    Companions {
        geometry: Some(drawing.geometry),
        baseline: Some(baseline.expect("earlier results of the province")),
        logo: None,
    }
}
