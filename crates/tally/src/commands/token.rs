//! `tally token new`: a token for an auditor or an administrator.

use durable::{Clock, SystemClock};

use crate::cli::{NewToken, Token};
use crate::token::TokenFile;

/// Prints the token, once and nowhere else.
pub(crate) fn run(command: &Token) -> anyhow::Result<()> {
    let Token::New(NewToken { role, file }) = command;
    let token = TokenFile(file.clone()).issue(*role, SystemClock::new().now_ms())?;
    println!("{}", *token);
    eprintln!(
        "hand it to one {} and keep no copy: {} holds its hash only; to take it back, delete its line there",
        role.name(),
        file.display()
    );
    Ok(())
}
