//! A program of the stack: started, stopped, killed, frozen, and started again with the same command line.

use anyhow::{Context, Result};
use rustix::process::Signal;

use crate::child::{Call, Server};

/// A program that runs, or has been ended on purpose; it is killed when this is dropped.
#[derive(Debug)]
pub struct Program {
    call: Call,
    server: Option<Server>,
}

impl Program {
    /// Starts it.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(call: Call) -> Result<Program> {
        let server = Some(call.start()?);
        Ok(Program { call, server })
    }

    /// Fails where it has ended by itself.
    ///
    /// # Errors
    /// See above, with the last lines of its log.
    pub fn check(&mut self) -> Result<()> {
        self.server.as_mut().map_or(Ok(()), Server::check)
    }

    /// Its process, which others wait for.
    ///
    /// # Errors
    /// It was ended.
    pub fn server(&mut self) -> Result<&mut Server> {
        let name = self.call.name();
        self.server
            .as_mut()
            .with_context(|| format!("{name} does not run"))
    }

    /// Asks it to end (SIGTERM), and waits until it has.
    ///
    /// # Errors
    /// It ends with another status than 0.
    pub async fn stop(&mut self) -> Result<()> {
        match self.server.take() {
            Some(server) => server.stop().await,
            None => Ok(()),
        }
    }

    /// Kills it (SIGKILL); it stays away.
    ///
    /// # Errors
    /// It had ended by itself.
    pub async fn kill(&mut self) -> Result<()> {
        match self.server.take() {
            Some(mut server) => server.kill().await,
            None => Ok(()),
        }
    }

    /// Starts it where it does not run.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start_again(&mut self) -> Result<()> {
        if self.server.is_none() {
            self.server = Some(self.call.start()?);
        }
        Ok(())
    }

    /// Starts it where it does not run, or has ended by itself, as a service manager does.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn look_after(&mut self) -> Result<()> {
        if let Some(server) = &mut self.server
            && !server.is_running()?
        {
            self.server = None;
        }
        self.start_again()
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// It does not run.
    pub fn signal(&mut self, signal: Signal) -> Result<()> {
        self.server()?.signal(signal)
    }
}
