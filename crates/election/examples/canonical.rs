//! Prints the canonical JSON of a definition: `cargo run -p election --example canonical FILE`.

use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: canonical election.toml");
        return ExitCode::from(2);
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("cannot read {}: {error}", path.display());
            return ExitCode::FAILURE;
        }
    };
    match election::Event::from_toml(&text) {
        Ok(event) => match std::io::stdout().write_all(&event.to_canonical_json()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Err(faults) => {
            for fault in faults {
                eprintln!("{}: {fault}", path.display());
            }
            ExitCode::FAILURE
        }
    }
}
