//! The program `hashgen`; everything is in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    hashgen::run_program()
}
