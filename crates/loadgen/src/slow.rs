//! A request whose body drips in byte by byte: a well-kept server cuts it off.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Result, bail};
use hyper::body::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::connection::{Answer, Target, connect};
use crate::judge::Settled;
use crate::request::Call;

/// Pause between two bytes.
const DRIP: Duration = Duration::from_millis(400);
/// A server that still reads the body after this long has failed the test.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends `call` byte by byte until the server answers or closes the connection.
///
/// The answer is the server's status; there is none where the server only closed the connection or
/// could not be reached (`may_be_recorded` tells these two apart). A server that still reads after
/// 30 s is noted with status 0, which counts as wrong.
pub(crate) async fn drip(target: &Target, source: Option<Ipv4Addr>, call: &Call) -> Settled {
    let Ok(stream) = connect(target, source).await else {
        return Settled {
            answer: None,
            may_be_recorded: true,
            retries: 0,
            ended: Instant::now(),
        };
    };
    let answer = match tokio::time::timeout(PATIENCE, exchange(stream, target, call)).await {
        Ok(Ok(status)) => Some(status),
        Ok(Err(_)) => None,
        Err(_) => Some(0),
    };
    let answer = answer.map(|status| Answer {
        status,
        retry_after: None,
        body: Bytes::new(),
    });
    Settled {
        answer,
        may_be_recorded: false,
        retries: 0,
        ended: Instant::now(),
    }
}

async fn exchange(mut stream: TcpStream, target: &Target, call: &Call) -> Result<u16> {
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        call.path,
        target.authority,
        call.body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    let (mut from_server, mut to_server) = stream.split();
    let mut status_line = [0; 12]; // HTTP/1.1 408
    let drips = async {
        for byte in &call.body {
            to_server.write_all(std::slice::from_ref(byte)).await?;
            tokio::time::sleep(DRIP).await;
        }
        std::future::pending::<std::io::Result<()>>().await
    };
    tokio::select! {
        read = from_server.read_exact(&mut status_line) => { read?; }
        drip = drips => { drip?; }
    }
    let status = status_line
        .get(9..)
        .and_then(|s| std::str::from_utf8(s).ok());
    match status.and_then(|s| s.parse().ok()) {
        Some(status) => Ok(status),
        None => bail!("not an HTTP answer"),
    }
}
