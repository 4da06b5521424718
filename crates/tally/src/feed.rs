//! Frames as they come, from a directory or a validator's stream, through one bounded channel.
//!
//! A feed starts at the first frame, always: what follows from the ledger is folded again at each
//! start, so that the recovery path is the normal path.

use std::ops::ControlFlow;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::directory::Directory;
use crate::gate::{Gate, Gates};
use crate::news::News;
use crate::release::MaskHand;
use crate::stream::Stream;

/// Frames that wait for a slow consumer; the reader then waits too.
const FRAMES_WAITING_MAX: usize = 64;
/// How often a ledger that is not there yet is looked for.
const WAIT_FOR_LEDGER: Duration = Duration::from_millis(500);

/// Where frames come from.
#[derive(Clone)]
pub(crate) enum Source {
    Directory(Directory),
    Stream(Stream),
}

impl Source {
    /// Partitions of the ledger; waits for the ledger's directory to appear.
    pub(crate) async fn partitions(&self) -> Vec<u16> {
        let directory = match self {
            Source::Directory(directory) => directory,
            Source::Stream(stream) => return stream.partitions(),
        };
        let mut told = false;
        loop {
            match directory.partitions() {
                Ok(partitions) => return partitions,
                Err(error) if !told => {
                    tracing::warn!(error = format!("{error:#}"), "waiting for the ledger");
                    told = true;
                }
                Err(_) => {}
            }
            tokio::time::sleep(WAIT_FOR_LEDGER).await;
        }
    }

    /// Starts following these partitions, through gates that nobody else reads through. Dropping the receiver
    /// ends it.
    pub(crate) fn follow(
        &self,
        partitions: &[u16],
        hand: Option<MaskHand>,
        gates: &Gates,
    ) -> mpsc::Receiver<News> {
        let (sender, receiver) = mpsc::channel(FRAMES_WAITING_MAX);
        for partition in partitions.iter().copied() {
            let (sender, hand, gate) = (sender.clone(), hand.clone(), gates.gate(partition));
            match self.clone() {
                Source::Directory(directory) => {
                    // Blocking reads and decryption: a thread of its own, ended by a closed channel.
                    std::thread::spawn(move || {
                        follow(&directory, partition, (hand.as_ref(), gate), &sender);
                    });
                }
                Source::Stream(stream) => {
                    tokio::spawn(
                        async move { stream.follow(partition, (hand, gate), sender).await },
                    );
                }
            }
        }
        receiver
    }
}

fn follow(
    directory: &Directory,
    partition: u16,
    through: (Option<&MaskHand>, Gate),
    sender: &mpsc::Sender<News>,
) {
    let followed = directory.follow(partition, through, |news| {
        match sender.blocking_send(news) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    });
    if let Err(error) = followed {
        // Nobody listens where the receiver is gone.
        let _ = sender.blocking_send(News::Failed(error));
    }
}
