//! A validator's ledger over HTTP: `GET /ledger/{partition}?after=SEQ`, followed for ever.
//!
//! The stream is segment headers and frames, byte for byte as on disk, so the same decoder checks
//! the same chain. After any break it resumes behind the last frame that was handed over. The header
//! `ledger-head` names the last frame as the stream began: whoever has read that one has caught up. Where the
//! event names a log, `GET /log/{partition}/checkpoint` says how far its witnesses have seen it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use caller::{Address, Authorities};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use ledger::{Cursor, Decoder, Item};
use tokio::sync::{mpsc, watch};
use transparency::NOTE_BYTES_MAX;

use crate::from::FromFiles;
use crate::gate::Gate;
use crate::news::News;
use crate::package_roll::PackageRoll;
use crate::reading::Reading;
use crate::release::MaskHand;

const BACKOFF_MIN: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(5);
/// How often a quiet stream looks for releases, and tells that it has caught up.
const RELEASES_POLL: Duration = Duration::from_millis(50);
/// How often the newest checkpoint is asked for.
const CHECKPOINT_POLL: Duration = Duration::from_secs(1);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Sequence of the last frame of the ledger as a stream begins.
const LEDGER_HEAD: &str = "ledger-head";
/// The validator's metrics are some 20 KB.
const METRICS_BYTES_MAX: usize = 1 << 20;

/// The internal listener of a validator.
#[derive(Clone)]
pub(crate) struct Stream {
    address: Address,
    /// Host and port, for messages.
    authority: String,
    /// None where the validator speaks no TLS.
    authorities: Option<Authorities>,
    package: Arc<PackageRoll>,
}

/// How a connection ended.
enum Ended {
    /// Try again behind the last frame.
    Broken(anyhow::Error),
    /// Read again from an earlier frame: what was let go is covered now.
    Rewound,
    /// Nobody listens any more.
    NotWanted,
    /// Never try again: the ledger is damaged, or another one.
    Refused(anyhow::Error),
}

/// What is kept of one partition from one connection to the next.
struct Followed {
    partition: u16,
    /// The last frame that went to the gate.
    cursor: Cursor,
    gate: Gate,
    reading: Reading,
    /// The newest checkpoint that the validator served.
    checkpoints: watch::Receiver<Bytes>,
    sender: mpsc::Sender<News>,
}

impl Stream {
    /// Reads the address of a validator's internal listener, `http://HOST:PORT` or `https://HOST:PORT`, and what
    /// it takes to be believed there.
    ///
    /// # Errors
    /// Another scheme, a path, or no port; TLS without an authority; a file that cannot be used.
    pub(crate) fn new(
        url: &str,
        files: &FromFiles,
        package: &Arc<PackageRoll>,
    ) -> anyhow::Result<Stream> {
        let expected =
            || format!("{url} is not an address: expected http://HOST:PORT or https://HOST:PORT");
        let address = Address::parse(url).with_context(expected)?;
        let names_port = url
            .parse::<hyper::Uri>()
            .is_ok_and(|uri| uri.port().is_some());
        ensure!(address.is_whole_server() && names_port, expected());
        let authorities = files.authorities()?;
        ensure!(
            address.is_tls() == authorities.is_some(),
            "--from {url} and --from-ca do not fit: https takes the certificate authority of the validator, http none"
        );
        Ok(Stream {
            authority: address.authority(),
            address,
            authorities,
            package: Arc::clone(package),
        })
    }

    /// Numbers of the partitions that the ledger has, ascending.
    pub(crate) fn partitions(&self) -> Vec<u16> {
        self.package.partitions()
    }

    /// Sends every frame of `partition` from the first that passes the gate; returns when the receiver is gone or
    /// the ledger cannot be followed any further.
    pub(crate) async fn follow(
        &self,
        partition: u16,
        (hand, gate): (Option<MaskHand>, Gate),
        sender: mpsc::Sender<News>,
    ) {
        let (newest, checkpoints) = watch::channel(Bytes::new());
        let is_shut = gate.is_shut();
        let mut followed = Followed {
            partition,
            cursor: Cursor::default(),
            gate,
            reading: Reading::new(&self.package, partition, hand.as_ref()),
            checkpoints,
            sender,
        };
        tokio::select! {
            () = self.follow_frames(&mut followed) => {}
            () = self.ask_for_checkpoints(partition, &newest), if is_shut => {}
        }
    }

    /// Fetches the newest checkpoint again and again; never returns.
    pub(crate) async fn ask_for_checkpoints(&self, partition: u16, newest: &watch::Sender<Bytes>) {
        let mut trouble = String::new();
        loop {
            match self.checkpoint(partition).await {
                Ok(bytes) => {
                    trouble.clear();
                    newest.send_if_modified(|known| {
                        let is_new = *known != bytes;
                        *known = bytes;
                        is_new
                    });
                }
                Err(error) => {
                    let error = format!("{error:#}");
                    if error != trouble {
                        tracing::warn!(partition, error, "no checkpoint, asking again");
                    }
                    trouble = error;
                }
            }
            tokio::time::sleep(CHECKPOINT_POLL).await;
        }
    }

    async fn follow_frames(&self, followed: &mut Followed) {
        let mut backoff = BACKOFF_MIN;
        loop {
            let before = followed.cursor;
            match self.follow_once(followed).await {
                Ended::NotWanted => return,
                Ended::Refused(error) => {
                    // Nobody listens where the receiver is gone.
                    let _ = followed.sender.send(News::Failed(error)).await;
                    return;
                }
                Ended::Rewound => continue,
                Ended::Broken(error) => {
                    tracing::warn!(
                        validator = self.authority,
                        partition = followed.partition,
                        after = followed.cursor.sequence,
                        error = format!("{error:#}"),
                        "stream broke, following again"
                    );
                }
            }
            backoff = if followed.cursor == before {
                (backoff * 2).min(BACKOFF_MAX)
            } else {
                BACKOFF_MIN
            };
            tokio::time::sleep(backoff).await;
        }
    }

    async fn follow_once(&self, followed: &mut Followed) -> Ended {
        let (partition, after) = (followed.partition, followed.cursor);
        let (head, mut body) = match self.request(partition, after.sequence).await {
            Ok(answer) => answer,
            Err(error) => return Ended::Broken(error),
        };
        let mut decoder = Decoder::resume(after);
        let mut told: Option<Instant> = None;
        loop {
            let is_due = told.is_none_or(|told| told.elapsed() >= RELEASES_POLL);
            if is_due && followed.cursor.sequence >= head && followed.gate.is_current() {
                told = Some(Instant::now());
                let read = followed.gate.read();
                let caught_up = News::CaughtUp { partition, read };
                if followed.sender.send(caught_up).await.is_err() {
                    return Ended::NotWanted;
                }
            }
            if let Err(ended) = followed.send_released().await {
                return ended;
            }
            let received = tokio::select! {
                received = body.frame() => received,
                Ok(()) = followed.checkpoints.changed() => {
                    if let Err(ended) = followed.take_checkpoint().await {
                        return ended;
                    }
                    continue;
                }
                () = tokio::time::sleep(RELEASES_POLL) => continue,
                () = followed.sender.closed() => return Ended::NotWanted,
            };
            let chunk = match received {
                None => {
                    return Ended::Broken(anyhow::anyhow!("the validator ended the stream"));
                }
                Some(Err(error)) => return Ended::Broken(error.into()),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => data,
                    // Trailers, which end a body and carry no frame of the ledger.
                    Err(_) => continue,
                },
            };
            decoder.push(&chunk);
            if let Err(ended) = followed.decode(&mut decoder).await {
                return ended;
            }
        }
    }

    /// The validator's address, for messages.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// Sequence of the ledger's last frame, and the bytes behind frame `after` as they are appended.
    ///
    /// # Errors
    /// No connection, or the validator refuses.
    pub(crate) async fn request(
        &self,
        partition: u16,
        after: u64,
    ) -> anyhow::Result<(u64, Incoming)> {
        let response = self
            .get(&format!("ledger/{partition}?after={after}"))
            .await?;
        let head = response.headers().get(LEDGER_HEAD);
        let head = head.and_then(|value| value.to_str().ok()?.parse().ok());
        let head = head.with_context(|| {
            format!(
                "{} does not tell where its ledger ends ({LEDGER_HEAD}): run the validator of this release",
                self.authority
            )
        })?;
        Ok((head, response.into_body()))
    }

    /// The number of the last frame of each partition that the validator knows, as its metrics say.
    ///
    /// # Errors
    /// No connection, or no such number.
    pub(crate) async fn heads(&self) -> anyhow::Result<BTreeMap<u16, u64>> {
        let body = self.read("metrics", METRICS_BYTES_MAX).await;
        let body = body.context("the validator's metrics")?;
        let text = String::from_utf8_lossy(&body);
        let heads: BTreeMap<u16, u64> = text.lines().filter_map(head_of_partition).collect();
        ensure!(
            !heads.is_empty(),
            "the validator's metrics have no ledger_last_sequence"
        );
        Ok(heads)
    }

    /// The newest checkpoint of a partition, as the validator serves it.
    ///
    /// # Errors
    /// No connection, or no checkpoint yet.
    pub(crate) async fn checkpoint(&self, partition: u16) -> anyhow::Result<Bytes> {
        let path = format!("log/{partition}/checkpoint");
        self.read(&path, NOTE_BYTES_MAX).await
    }

    /// What stands at `path`, whole, at most `bytes_max` bytes of it.
    async fn read(&self, path: &str, bytes_max: usize) -> anyhow::Result<Bytes> {
        let body = tokio::time::timeout(CONNECT_TIMEOUT, async {
            let body = Limited::new(self.get(path).await?.into_body(), bytes_max);
            let body = body.collect().await;
            anyhow::Ok(body.map_err(|error| anyhow::anyhow!(error))?.to_bytes())
        });
        body.await.context("the answer took too long")?
    }

    async fn get(&self, path: &str) -> anyhow::Result<hyper::Response<Incoming>> {
        let authorities = self.authorities.as_ref();
        let response = caller::open(&self.address, authorities, path, CONNECT_TIMEOUT).await;
        let response = response.with_context(|| format!("cannot ask {}", self.authority))?;
        if !response.status().is_success() {
            bail!(
                "{} answered {} to a request for /{path}: name the validator's internal address",
                self.authority,
                response.status()
            );
        }
        Ok(response)
    }
}

/// Reads a line such as `ledger_last_sequence{partition="0"} 17`.
fn head_of_partition(line: &str) -> Option<(u16, u64)> {
    let labelled = line.strip_prefix("ledger_last_sequence{partition=\"")?;
    let (partition, sequence) = labelled.split_once("\"} ")?;
    Some((partition.parse().ok()?, sequence.trim().parse().ok()?))
}

impl Followed {
    /// Hands over what the count hand has released meanwhile.
    async fn send_released(&mut self) -> Result<(), Ended> {
        for fact in self.reading.released().map_err(Ended::Refused)? {
            if self.sender.send(News::Fact(fact)).await.is_err() {
                return Err(Ended::NotWanted);
            }
        }
        Ok(())
    }

    /// Gives what is complete to the gate, and hands over what passes. The cursor moves only behind frames
    /// that were given.
    async fn decode(&mut self, decoder: &mut Decoder) -> Result<(), Ended> {
        loop {
            let item = match decoder.next_item() {
                Ok(Some(item)) => item,
                Ok(None) => return Ok(()),
                Err(error) => return Err(Ended::Refused(error.into())),
            };
            let cursor = match &item {
                Item::Frame(frame) => frame.cursor(),
                Item::Segment(_) => self.cursor,
            };
            self.gate.take(item).map_err(Ended::Refused)?;
            self.cursor = cursor;
            self.send_covered().await?;
        }
    }

    /// Shows the gate the newest checkpoint, and hands over what passes by it.
    async fn take_checkpoint(&mut self) -> Result<(), Ended> {
        let newest = self.checkpoints.borrow_and_update().clone();
        self.gate.offer(&newest).map_err(Ended::Refused)?;
        self.send_covered().await
    }

    async fn send_covered(&mut self) -> Result<(), Ended> {
        while let Some(item) = self.gate.next() {
            for fact in self.reading.take(&item).map_err(Ended::Refused)? {
                if self.sender.send(News::Fact(fact)).await.is_err() {
                    return Err(Ended::NotWanted);
                }
            }
        }
        match self.gate.rewind() {
            None => Ok(()),
            Some(cursor) => {
                self.cursor = cursor;
                Err(Ended::Rewound)
            }
        }
    }
}
