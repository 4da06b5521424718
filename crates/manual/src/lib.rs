//! Man pages and shell completions, made from the programs' own command lines.
//!
//! A program calls [`write`] from a unit test: the test shows that its pages can be made, and
//! leaves them in `target/man` and `target/completions`, which is all that `make man` needs. So no
//! program carries an option, or a dependency, for what is wanted once a release.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use clap_complete::Shell;

/// Shells that get a completion file.
const SHELLS: [Shell; 3] = [Shell::Bash, Shell::Zsh, Shell::Fish];

/// Writes one page in section 1 for a program and each of its subcommands, and its completions.
///
/// # Errors
/// Where the directories under `target` cannot be made or written.
pub fn write<C: CommandFactory>() -> io::Result<()> {
    let target = target()?;
    let completions = target.join("completions");
    write_pages(C::command(), &target.join("man"))?;
    std::fs::create_dir_all(&completions)?;
    let mut command = C::command();
    let program = command.get_name().to_owned();
    for shell in SHELLS {
        clap_complete::generate_to(shell, &mut command, &program, &completions)?;
    }
    Ok(())
}

fn write_pages(command: Command, dir: &Path) -> io::Result<()> {
    std::fs::create_dir_all(dir)?;
    clap_mangen::generate_to(command, dir)
}

/// Cargo's target directory: a test lies in `target/PROFILE/deps`.
fn target() -> io::Result<PathBuf> {
    let test = std::env::current_exe()?;
    let target = test.ancestors().nth(3);
    target
        .map(Path::to_path_buf)
        .ok_or_else(|| io::Error::other(format!("{} is not below target/", test.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program with a subcommand.
    #[derive(Debug, clap::Parser)]
    #[command(name = "program")]
    struct Program {
        #[command(subcommand)]
        command: Subcommand,
    }

    #[derive(Debug, clap::Subcommand)]
    enum Subcommand {
        /// Say what was said.
        Echo {
            /// Say it so often.
            #[arg(long)]
            times: u8,
        },
    }

    #[test]
    fn a_page_for_each_subcommand() {
        let dir = std::env::temp_dir().join(format!("manual-test-{}", std::process::id()));
        write_pages(Program::command(), &dir).expect("a directory to write to");
        let page = |name| std::fs::read_to_string(dir.join(name)).expect("a page");
        assert!(page("program.1").contains("A program with a subcommand"));
        assert!(page("program-echo.1").contains("Say it so often"));
        std::fs::remove_dir_all(&dir).expect("it was made above");
    }
}
