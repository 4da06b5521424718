//! One connection, and what was said on it: answers, and notices that take an answer back.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use database::{Target, innermost};
use tokio::runtime::Runtime;
use tokio_postgres::tls::TlsStream;
use tokio_postgres::types::ToSql;
use tokio_postgres::{
    AsyncMessage, Client, Config, Connection as Driver, NoTls, Row, Socket, Statement,
};

use crate::server::{ANSWER_WITHIN, Changed, NoAnswer};

/// A host that takes a connection and then says nothing, as a frozen one does, must not keep us from the next.
const CONNECTED_WITHIN: Duration = Duration::from_secs(1);

/// A server that can be reached ends a statement far sooner.
const CANCELLED_WITHIN: Duration = Duration::from_millis(200);

/// A connection that is used by one thread, one question after the other.
pub(crate) struct Connection {
    /// How the server is reached once more, to have it end a statement that was given up.
    target: Target,
    // Before the runtime: fields are dropped in this order, and the client tells the server that it leaves.
    client: Client,
    notices: Arc<Mutex<Vec<String>>>,
    /// None only while this is dropped.
    runtime: Option<Runtime>,
}

/// Does not wait for the runtime: an asynchronous caller may drop this, who may not wait.
impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// What is given up here ends there: a statement that waits for a row is not carried out long after.
const SETTINGS: &str = "SET lock_timeout = '1500ms'; SET client_connection_check_interval = '1s'";

/// Values for the places of a statement.
pub(crate) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

impl Connection {
    /// Connects, encrypted where the target says so, to the first of its hosts that answers in time.
    pub(crate) fn open(target: &Target) -> Result<Connection, NoAnswer> {
        let mut failed = NoAnswer("no host is named".to_owned());
        for config in target.each_host() {
            match Connection::open_host(target, &config) {
                Ok(connection) => return Ok(connection),
                Err(why) => failed = why,
            }
        }
        Err(failed)
    }

    fn open_host(target: &Target, config: &Config) -> Result<Connection, NoAnswer> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| NoAnswer(error.to_string()))?;
        let notices = Arc::new(Mutex::new(Vec::new()));
        let connecting = async {
            let client = match target.tls() {
                Some(tls) => {
                    let (client, driver) = config.connect(tls).await?;
                    drive(driver, Arc::clone(&notices));
                    client
                }
                None => {
                    let (client, driver) = config.connect(NoTls).await?;
                    drive(driver, Arc::clone(&notices));
                    client
                }
            };
            client.batch_execute(SETTINGS).await?;
            Ok(client)
        };
        let client = runtime.block_on(within(CONNECTED_WITHIN, connecting))?;
        Ok(Connection {
            target: target.clone(),
            client,
            notices,
            runtime: Some(runtime),
        })
    }

    fn wait<T>(
        &self,
        asking: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, NoAnswer> {
        let runtime = self.runtime.as_ref();
        let runtime = runtime.expect("it is taken where this is dropped alone");
        let answer = runtime.block_on(within(ANSWER_WITHIN, asking));
        if answer.is_err() {
            runtime.block_on(self.give_up());
        }
        answer
    }

    /// Has the server end what was asked last. A commit that waits for its standby would keep the server's process
    /// for as long as there is none, and there are only so many; that it ends such a wait leaves the outcome as
    /// unknown as it is.
    async fn give_up(&self) {
        let cancel = self.client.cancel_token();
        let cancelling = async {
            match self.target.tls() {
                Some(tls) => cancel.cancel_query(tls).await,
                None => cancel.cancel_query(NoTls).await,
            }
        };
        // A server that is out of reach has nothing that it could end.
        let _ = tokio::time::timeout(CANCELLED_WITHIN, cancelling).await;
    }

    /// Has the server plan a statement once.
    pub(crate) fn prepare(&self, sql: &str) -> Result<Statement, NoAnswer> {
        self.wait(self.client.prepare(sql))
    }

    /// Asks without changing anything.
    pub(crate) fn read(&self, sql: &str, values: Values<'_>) -> Result<Vec<Row>, NoAnswer> {
        self.wait(self.client.query(sql, values))
    }

    /// Changes rows and tells how many, and what the statement `then`, sent right behind it, tells.
    pub(crate) fn change(
        &self,
        statement: &Statement,
        values: Values<'_>,
        then: &Statement,
    ) -> Result<Changed<(u64, Row)>, NoAnswer> {
        self.forget_notices();
        let both = async {
            let changing = self.client.execute(statement, values);
            let telling = self.client.query_one(then, &[]);
            tokio::try_join!(changing, telling)
        };
        self.wait(both).map(|told| self.changed(told))
    }

    /// Changes a row and tells of it; none where there is none to change.
    pub(crate) fn change_row(
        &self,
        sql: &str,
        values: Values<'_>,
    ) -> Result<Changed<Option<Row>>, NoAnswer> {
        self.forget_notices();
        let changing = self.client.query_opt(sql, values);
        self.wait(changing).map(|told| self.changed(told))
    }

    fn forget_notices(&self) {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        notices.clear();
    }

    /// The client library answers only once the server is ready for the next statement: a connection that ends
    /// before that is no answer.
    fn changed<T>(&self, told: T) -> Changed<T> {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        Changed {
            told,
            notices: std::mem::take(&mut *notices),
            is_ready: true,
        }
    }
}

/// Moves bytes and collects notices until the connection breaks; the next question then fails and says so.
fn drive<S>(mut driver: Driver<Socket, S>, notices: Arc<Mutex<Vec<String>>>)
where
    S: TlsStream + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        while let Some(Ok(message)) = poll_fn(|context| driver.poll_message(context)).await {
            if let AsyncMessage::Notice(notice) = message {
                let mut notices = notices.lock().unwrap_or_else(PoisonError::into_inner);
                notices.push(format!("{} {}", notice.code().code(), notice.message()));
            }
        }
    });
}

async fn within<T>(
    time: Duration,
    asking: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, NoAnswer> {
    match tokio::time::timeout(time, asking).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(NoAnswer(innermost(&error))),
        Err(_) => Err(NoAnswer(format!("no answer within {} s", time.as_secs()))),
    }
}
