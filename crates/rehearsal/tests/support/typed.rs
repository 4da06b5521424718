//! Pages whose commands are typed as they stand: prose rots, so the tests run it.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use rehearsal::services::Addresses;

/// Stock tools that the pages use, and `script`, which gives the programs a terminal to ask at.
const STOCK: [&str; 3] = ["curl", "minisign", "script"];

/// Commands of a page and what it says they print.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Block {
    pub(crate) commands: String,
    pub(crate) printed: Vec<String>,
}

/// The `sh` blocks of a page, each with the `text` block that follows it.
pub(crate) fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut fence = None;
    for line in page.lines() {
        match (fence, line.strip_prefix("```")) {
            (None, Some(language)) => {
                fence = Some(language);
                if language == "sh" {
                    blocks.push(Block::default());
                }
            }
            (Some(_), Some(_)) => fence = None,
            (Some("sh"), None) => {
                writeln!(blocks.last_mut().unwrap().commands, "{line}").unwrap();
            }
            (Some("text"), None) if line != "..." => {
                blocks.last_mut().unwrap().printed.push(line.to_owned());
            }
            _ => {}
        }
    }
    blocks
}

/// One script; what block N prints goes to `N.printed`, so that only passwords use the terminal.
pub(crate) fn script(blocks: &[Block]) -> String {
    let block = |(number, block): (usize, &Block)| {
        format!("{{\n{}}} > \"$printed/{number}\" 2>&1\n", block.commands)
    };
    let commands: String = blocks.iter().enumerate().map(block).collect();
    format!("set -e\nprinted=$PWD/../printed\n{commands}")
}

/// Commands with the addresses `at` in place of those that the programs listen on by themselves.
pub(crate) fn on_addresses(commands: &str, at: Addresses) -> String {
    let addresses = [
        ("VALIDATOR_LISTEN", "127.0.0.1:8000", at.public),
        ("VALIDATOR_INTERNAL", "127.0.0.1:8100", at.internal),
        ("TALLY_LISTEN", "127.0.0.1:8001", at.results),
        ("TALLY_INTERNAL", "127.0.0.1:8101", at.results_internal),
    ];
    let mut all = String::new();
    let mut commands = commands.to_owned();
    for (variable, usual, free) in addresses {
        writeln!(all, "export {variable}={free}").unwrap();
        commands = commands.replace(usual, &free.to_string());
    }
    all + &commands
}

/// Types `commands` at a terminal in `dir`, and `passwords` when asked for; whether all of them
/// succeeded.
pub(crate) fn type_in(dir: &Path, commands: &str, passwords: &str) -> bool {
    for tool in STOCK {
        let found = Command::new(tool).arg("--version").output().is_ok();
        assert!(
            found,
            "{tool} is not installed: apt-get install {tool}, or make test"
        );
    }
    let programs = super::programs().path("");
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    fs::write(dir.join("../typed.sh"), commands).unwrap();
    let mut terminal = Command::new("script")
        .args([
            "--quiet",
            "--return",
            "--command",
            "sh ../typed.sh",
            "/dev/null",
        ])
        .current_dir(dir)
        .env("PATH", path)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut keyboard = terminal.stdin.take().unwrap();
    keyboard.write_all(passwords.as_bytes()).unwrap();
    let status = terminal.wait().unwrap();
    drop(keyboard);
    status.success()
}
