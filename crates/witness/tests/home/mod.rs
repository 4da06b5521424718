//! A witness's directory, made by the program itself: key, memory, configuration.
// Each test takes what it needs of it.
#![allow(dead_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::log::TestLog;
use crate::server::Running;

pub(crate) fn program(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_witness"));
    command.args(arguments).output().expect("it runs")
}

pub(crate) fn told(output: &Output) -> String {
    [&*output.stdout, &*output.stderr]
        .map(String::from_utf8_lossy)
        .concat()
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// A directory with a witness's key, its memory, and a configuration for some logs.
pub(crate) struct Home {
    pub(crate) dir: TempDir,
    pub(crate) public: String,
}

impl Home {
    pub(crate) fn new(logs: &[&TestLog]) -> Home {
        let dir = tempfile::tempdir().expect("a private directory");
        let (out, state) = (dir.path().join("w1"), dir.path().join("state"));
        let name = "witness.example/w1";
        let made = program(&[
            "keygen",
            "--name",
            name,
            "--out",
            text(&out),
            "--state",
            text(&state),
        ]);
        assert!(made.status.success(), "{}", told(&made));
        let public = String::from_utf8(made.stdout).expect("text");
        let mut config = format!(
            "key = \"{0}/w1.key\"\nstate = \"{0}/state\"\nlisten = \"127.0.0.1:0\"\n",
            text(dir.path())
        );
        for log in logs {
            config += &format!("[[log]]\nkey = \"{}\"\n", log.key.public());
        }
        fs::write(dir.path().join("witness.toml"), config).expect("written");
        let public = public.trim().to_owned();
        Home { dir, public }
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.dir.path().join("witness.toml")
    }

    pub(crate) fn start(&self) -> Running {
        Running::start(&self.config())
    }
}
