//! Child processes, run to their end or kept as servers. None outlives this program.
//!
//! Children stay in this program's process group, so Ctrl-C reaches them too. Every child is killed by
//! its process id when its handle is dropped, on errors as on success.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

/// How long a server may drain after SIGTERM.
const DRAIN: Duration = Duration::from_secs(20);
/// Lines of a log that an error quotes.
const TAIL_LINES: usize = 8;

/// A command line to be run, for people and for the system.
#[derive(Clone, Debug)]
pub struct Call {
    program: PathBuf,
    args: Vec<OsString>,
    variables: Vec<(&'static str, OsString)>,
    log: PathBuf,
    owner: Option<Owner>,
    dir: Option<PathBuf>,
}

/// The user and group as which a program runs, by number.
#[derive(Clone, Copy, Debug)]
pub struct Owner {
    /// Number of the user.
    pub user: u32,
    /// Number of the user's group.
    pub group: u32,
}

impl Call {
    /// `program` without arguments; what it says on standard error is appended to `log`.
    #[must_use]
    pub fn new(program: PathBuf, log: PathBuf) -> Call {
        Call {
            program,
            args: Vec::new(),
            variables: Vec::new(),
            log,
            owner: None,
            dir: None,
        }
    }

    /// Has it append what it says on standard error to `log`.
    #[must_use]
    pub fn logging_to(mut self, log: &Path) -> Call {
        log.clone_into(&mut self.log);
        self
    }

    /// Adds an argument at the end.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Call {
        self.args.push(arg.into());
        self
    }

    /// Gives it an environment variable.
    #[must_use]
    pub fn variable(mut self, name: &'static str, value: impl Into<OsString>) -> Call {
        self.variables.push((name, value.into()));
        self
    }

    /// Adds several arguments at the end.
    #[must_use]
    pub fn args<const N: usize>(mut self, args: [&str; N]) -> Call {
        self.args.extend(args.map(OsString::from));
        self
    }

    /// Has it run as another user, in the root directory, which that user can enter.
    #[must_use]
    pub fn owned_by(mut self, owner: Option<Owner>) -> Call {
        self.owner = owner;
        self
    }

    /// Has it run in `dir`, which its user must be able to enter.
    #[must_use]
    pub fn in_dir(mut self, dir: &Path) -> Call {
        self.dir = Some(dir.to_owned());
        self
    }

    /// Adds a flag and its value.
    #[must_use]
    pub fn flag(self, name: &str, value: impl Into<OsString>) -> Call {
        self.arg(name).arg(value)
    }

    /// Gives a flag that it has another value.
    #[must_use]
    pub fn given(mut self, name: &str, value: impl Into<OsString>) -> Call {
        let place = self.args.iter().position(|arg| arg == name);
        if let Some(old) = place.and_then(|place| self.args.get_mut(place + 1)) {
            *old = value.into();
        }
        self
    }

    /// The same call of another program.
    #[must_use]
    pub fn by(mut self, program: PathBuf) -> Call {
        self.program = program;
        self
    }

    /// The name of the program's file.
    #[must_use]
    pub fn name(&self) -> String {
        self.program
            .file_name()
            .expect("the path of a program ends with its name")
            .to_string_lossy()
            .into_owned()
    }

    fn line(&self) -> String {
        let args: Vec<_> = self.args.iter().map(|arg| arg.to_string_lossy()).collect();
        format!("{} {}", self.name(), args.join(" "))
    }

    fn command(&self) -> Result<Command> {
        let log = open_log(&self.log)?;
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stderr(log)
            .kill_on_drop(true);
        if let Some(owner) = self.owner {
            command.uid(owner.user).gid(owner.group).current_dir("/");
        }
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        Ok(command)
    }

    /// Runs to the end and returns standard output, whatever the exit status.
    ///
    /// # Errors
    /// The program cannot be started.
    pub async fn outcome(&self) -> Result<(ExitStatus, String)> {
        let mut command = self.command()?;
        let child = command.stdout(Stdio::piped()).spawn();
        let child = child.with_context(|| format!("cannot run {}", self.line()))?;
        let output = child.wait_with_output().await?;
        Ok((
            output.status,
            String::from_utf8_lossy(&output.stdout).into_owned(),
        ))
    }

    /// Runs to the end and returns standard output.
    ///
    /// # Errors
    /// Any exit status but 0, with the command line and the last lines of the log.
    pub async fn run(&self) -> Result<String> {
        let (status, stdout) = self.outcome().await?;
        if !status.success() {
            bail!(
                "{} ended with {status}\n{}{}",
                self.line(),
                stdout,
                tail(&self.log)
            );
        }
        Ok(stdout)
    }

    /// Starts a server; standard output goes to the log too.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn start(&self) -> Result<Server> {
        self.spawn(open_log(&self.log)?)
    }

    /// Starts a program whose standard output is written to `file`, anew.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn start_into(&self, file: &Path) -> Result<Server> {
        let stdout =
            File::create(file).with_context(|| format!("cannot write {}", file.display()))?;
        self.spawn(stdout)
    }

    fn spawn(&self, stdout: File) -> Result<Server> {
        let mut command = self.command()?;
        command.stdout(stdout);
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", self.line()))?;
        Ok(Server {
            call: self.clone(),
            child,
        })
    }
}

/// A program that runs in the background; it is killed when this handle is dropped.
#[derive(Debug)]
pub struct Server {
    call: Call,
    child: Child,
}

impl Server {
    /// Fails where the server has ended by itself, with the last lines of its log.
    ///
    /// # Errors
    /// See above.
    pub fn check(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!(
                "{} ended by itself with {status}\n{}",
                self.call.line(),
                tail(&self.call.log)
            );
        }
        Ok(())
    }

    /// The process id; none where the process has ended.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// SIGKILL: no warning, no last word. Returns when the process is gone.
    ///
    /// # Errors
    /// The system refuses, or the server had ended by itself.
    pub async fn kill(&mut self) -> Result<()> {
        self.check()?;
        self.child
            .kill()
            .await
            .with_context(|| format!("cannot kill {}", self.call.name()))
    }

    /// SIGTERM, then waits until the server has drained and ended with status 0. Where Ctrl-C has
    /// reached the server before, only the waiting is left.
    ///
    /// # Errors
    /// Another exit status, or no end within 20 s (it is killed then).
    pub async fn stop(mut self) -> Result<()> {
        let name = self.call.name();
        if self.is_running()? {
            self.terminate()?;
        }
        let Ok(status) = tokio::time::timeout(DRAIN, self.child.wait()).await else {
            self.child.kill().await?;
            bail!(
                "{name} did not end within {} s of SIGTERM and was killed",
                DRAIN.as_secs()
            );
        };
        let status = status?;
        if !status.success() {
            bail!(
                "{name} ended with {status} after SIGTERM, expected 0\n{}",
                tail(&self.call.log)
            );
        }
        Ok(())
    }

    /// Whether the process has not ended.
    ///
    /// # Errors
    /// The system refuses to tell.
    pub fn is_running(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// SIGTERM, without waiting.
    ///
    /// # Errors
    /// The process has ended already.
    pub fn terminate(&self) -> Result<()> {
        self.signal(Signal::TERM)
    }

    /// Sends it a signal, without waiting for what it does.
    ///
    /// # Errors
    /// The process has ended already.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let id = self
            .child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw);
        let id = id.with_context(|| format!("{} has ended", self.call.name()))?;
        kill_process(id, signal)
            .with_context(|| format!("cannot send {} {signal:?}", self.call.name()))
    }

    /// The last lines of the log.
    #[must_use]
    pub fn log_tail(&self) -> String {
        tail(&self.call.log)
    }

    /// Waits until the process ends by itself.
    ///
    /// # Errors
    /// The system refuses.
    pub async fn wait(&mut self) -> Result<ExitStatus> {
        Ok(self.child.wait().await?)
    }
}

fn open_log(path: &Path) -> Result<File> {
    let log = OpenOptions::new().create(true).append(true).open(path);
    log.with_context(|| format!("cannot write log {}", path.display()))
}

/// The last lines of a log, indented, for an error message.
fn tail(log: &Path) -> String {
    let text = match fs::read(log) {
        Ok(text) => text,
        Err(error) => return format!("  cannot read {}: {error}\n", log.display()),
    };
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let last = &lines[lines.len().saturating_sub(TAIL_LINES)..];
    last.iter().map(|line| format!("  {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, dir: &Path) -> Call {
        Call::new("/bin/sh".into(), dir.join("log"))
            .arg("-c")
            .arg(script)
    }

    #[tokio::test]
    async fn a_failure_quotes_command_and_log() {
        let dir = tempfile::tempdir().unwrap();
        let error = shell("echo why it broke >&2; exit 3", dir.path())
            .run()
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("exit status: 3") && error.contains("why it broke"),
            "{error}"
        );
        assert_eq!(
            shell("echo data", dir.path()).run().await.unwrap(),
            "data\n"
        );
    }

    #[tokio::test]
    async fn a_server_that_ended_by_itself_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let mut server = shell("echo port taken >&2; exit 1", dir.path())
            .start()
            .unwrap();
        server.wait().await.unwrap();
        assert!(
            server
                .check()
                .unwrap_err()
                .to_string()
                .contains("port taken")
        );
    }

    #[tokio::test]
    async fn stop_demands_exit_status_zero() {
        let dir = tempfile::tempdir().unwrap();
        let tidy = "trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done";
        let untidy = "trap 'exit 7' TERM; echo up; while :; do sleep 0.05; done";
        for (script, fine) in [(tidy, true), (untidy, false)] {
            let log = dir.path().join("log");
            let _ = fs::remove_file(&log);
            let server = shell(script, dir.path()).start().unwrap();
            while fs::read_to_string(&log).unwrap_or_default().is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await; // until the trap is set
            }
            assert_eq!(server.stop().await.is_ok(), fine, "{script}");
        }
    }

    #[tokio::test]
    async fn a_dropped_server_dies() {
        let dir = tempfile::tempdir().unwrap();
        let server = shell("exec sleep 60", dir.path()).start().unwrap();
        let id = Pid::from_raw(i32::try_from(server.child.id().unwrap()).unwrap()).unwrap();
        drop(server);
        for _ in 0..200 {
            if rustix::process::test_kill_process(id).is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("process {id:?} outlived its handle");
    }
}
