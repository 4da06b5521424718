//! What accompanies the event, as it was understood: the map, the cartogram row by row, the earlier results,
//! and the logo.

use std::fmt::{self, Write};

use companions::{Baseline, EarlierBallot, Geometry};
use election::Event;

use crate::definition::Brought;

/// The page's last part; empty where nothing accompanies the event.
pub(super) fn of(brought: &Brought) -> String {
    let mut page = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut page, brought);
    page
}

fn write(page: &mut String, brought: &Brought) -> fmt::Result {
    if let Some(drawing) = &brought.drawing {
        write_map(page, &drawing.geometry, drawing.corners_read)?;
        write_cartogram(page, &drawing.geometry)?;
    }
    if let Some(baseline) = &brought.baseline {
        write_baseline(page, &brought.event, baseline)?;
    }
    if let Some(logo) = &brought.logo {
        let [width, height] = logo.size_px();
        let bytes = commandline::count(logo.to_svg().len() as u64, "byte");
        writeln!(page, "\nlogo of {bytes}, shown {width} by {height}")?;
    }
    Ok(())
}

fn write_map(page: &mut String, geometry: &Geometry, corners_read: usize) -> fmt::Result {
    let Some([width, height]) = geometry.map_size() else {
        return Ok(());
    };
    let regions = commandline::count(geometry.regions().len() as u64, "region");
    writeln!(
        page,
        "\nmap of {regions}, {width} by {height}: {} of {corners_read} corners kept",
        geometry.corners()
    )
}

/// Each row with the numbers of its regions, where they stand.
fn write_cartogram(page: &mut String, geometry: &Geometry) -> fmt::Result {
    let Some([columns, rows]) = geometry.cartogram_size() else {
        return Ok(());
    };
    writeln!(
        page,
        "\ncartogram of {columns} columns and {rows} rows, odd rows half a hexagon to the right:"
    )?;
    for row in 0..rows {
        let mut line = String::from(if row % 2 == 1 { "    " } else { "  " });
        for column in 0..columns {
            let here = geometry.regions().iter().find(|region| {
                let place = region.hexagon.map(|at| [at.column.into(), at.row.into()]);
                place == Some([column, row])
            });
            match here {
                Some(region) => write!(line, "{:>4}", region.region)?,
                None => line.push_str("   ."),
            }
        }
        writeln!(page, "{line}")?;
    }
    Ok(())
}

fn write_baseline(page: &mut String, event: &Event, baseline: &Baseline) -> fmt::Result {
    let title = baseline.title();
    writeln!(
        page,
        "\ncompared with {}: {} / {}",
        baseline.date(),
        title.fr,
        title.en
    )?;
    for earlier in baseline.ballots() {
        let regions = commandline::count(earlier.regions.len() as u64, "region");
        let parties = event.parties.iter().map(|party| Some(party.code.as_str()));
        let parties = parties
            .chain([None])
            .filter_map(|party| party_text(earlier, party));
        let parties: Vec<String> = parties.collect();
        writeln!(
            page,
            "  ballot {}, {regions}: {}",
            earlier.ballot,
            parties.join("; ")
        )?;
        if let Some(turnout) = &earlier.turnout {
            let hours = commandline::count(turnout.until.len() as u64, "hour");
            let votes = turnout.until.last().map_or(0, |last| last.votes);
            let registered = commandline::count(turnout.registered, "registered voter");
            writeln!(
                page,
                "    turnout in {hours}: {votes} of {registered} in the end"
            )?;
        }
    }
    Ok(())
}

/// What a party had in all; none where it had nothing.
fn party_text(earlier: &EarlierBallot, party: Option<&str>) -> Option<String> {
    let (votes, seats) = earlier.total(party);
    let name = party.unwrap_or("others");
    let seats_text = commandline::count(seats, "seat");
    let text = format!(
        "{name} {} and {seats_text}",
        commandline::count(votes, "vote")
    );
    (votes > 0 || seats > 0).then_some(text)
}
