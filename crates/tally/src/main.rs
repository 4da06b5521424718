//! The program `tally`.

use std::process::ExitCode;

fn main() -> ExitCode {
    tally::main()
}
