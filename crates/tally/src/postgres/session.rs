//! One connection, and the only way to run a transaction on it.

use database::Target;
use tokio::task::JoinHandle;
use tokio_postgres::tls::TlsStream;
use tokio_postgres::{Client, Connection, NoTls, Socket, Transaction};

use super::error::{DbError, is_conflict};

/// Runs of one closure before a conflict is reported.
const ATTEMPTS_MAX: u32 = 8;

/// A connection to the database.
pub(crate) struct Session {
    client: Client,
    target: Target,
    driver: JoinHandle<()>,
}

impl Session {
    /// Connects, encrypted where the target says so.
    ///
    /// # Errors
    /// The server cannot be reached, is not the one that its certificate must name, or refuses.
    pub(crate) async fn connect(target: &Target) -> Result<Session, DbError> {
        let sorted = |error| DbError::of_connecting(target.name(), &error);
        let (client, driver) = match target.tls() {
            Some(tls) => {
                let connecting = target.config().connect(tls).await;
                let (client, connection) = connecting.map_err(sorted)?;
                (client, drive(connection))
            }
            None => {
                let connecting = target.config().connect(NoTls).await;
                let (client, connection) = connecting.map_err(sorted)?;
                (client, drive(connection))
            }
        };
        Ok(Session {
            client,
            target: target.clone(),
            driver,
        })
    }

    /// Runs `work` in one transaction and commits it. Where another transaction was in the way,
    /// `work` runs again from the start: it must have no effect outside the database.
    ///
    /// # Errors
    /// What `work` returned, or the server's refusal to commit.
    pub(crate) async fn transact<T>(
        &mut self,
        name: &'static str,
        work: impl AsyncFn(&Transaction<'_>) -> Result<T, WorkError>,
    ) -> Result<T, DbError> {
        for _ in 0..ATTEMPTS_MAX {
            match self.attempt(&work).await {
                Ok(done) => return Ok(done),
                Err(WorkError::Sql(error)) if is_conflict(&error) => {
                    tracing::debug!(transaction = name, "conflict, running it again");
                }
                Err(WorkError::Sql(error)) => {
                    return Err(DbError::sort(self.target.name(), &error));
                }
                Err(WorkError::Stop(error)) => return Err(error),
            }
        }
        Err(DbError::Conflict { name })
    }

    async fn attempt<T>(
        &mut self,
        work: &impl AsyncFn(&Transaction<'_>) -> Result<T, WorkError>,
    ) -> Result<T, WorkError> {
        let transaction = self.client.transaction().await?;
        let done = work(&transaction).await?;
        transaction.commit().await?;
        Ok(done)
    }

    /// Waits for the session-wide advisory lock of that number; true at once where it is free.
    pub(crate) async fn try_lock(&self, number: i64) -> Result<bool, DbError> {
        let row = self
            .client
            .query_one("SELECT pg_try_advisory_lock($1)", &[&number])
            .await;
        row.map(|row| row.get(0))
            .map_err(|error| DbError::sort(self.target.name(), &error))
    }
}

/// Moves bytes until the connection breaks; the next statement then fails and says so.
fn drive<S>(connection: Connection<Socket, S>) -> JoinHandle<()>
where
    S: TlsStream + Unpin + Send + 'static,
{
    tokio::spawn(async move { drop(connection.await) })
}

impl Drop for Session {
    fn drop(&mut self) {
        // The server frees locks and rolls back when the socket closes.
        self.driver.abort();
    }
}

/// How a transaction closure ends early.
#[derive(Debug)]
pub(crate) enum WorkError {
    /// The server refused a statement or went away.
    Sql(tokio_postgres::Error),
    /// Ours: nothing is committed, nothing is tried again.
    Stop(DbError),
}

impl From<tokio_postgres::Error> for WorkError {
    fn from(error: tokio_postgres::Error) -> WorkError {
        WorkError::Sql(error)
    }
}

impl From<DbError> for WorkError {
    fn from(error: DbError) -> WorkError {
        WorkError::Stop(error)
    }
}
