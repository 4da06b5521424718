//! `tally token new`: a token for an auditor or an administrator.

use commandline::{note, print_once};
use durable::{Clock, SystemClock};

use crate::cli::{NewToken, Token};
use crate::token::{self, TokenFile};

/// Prints the token, once and nowhere else.
pub(crate) fn run(command: &Token) -> anyhow::Result<()> {
    let Token::New(NewToken { role, file }) = command;
    let tokens = TokenFile(file.clone());
    let locked = tokens.lock()?;
    let token = token::NewToken::draw(*role, SystemClock::new().now_ms())?;
    locked.add(&token, print_once)?;
    note!(
        "hand it to one {} and keep no copy: {} holds its hash only; to take it back, delete its line there",
        role.name(),
        file.display()
    );
    Ok(())
}
