//! The way of the ledger's answers back to the requests that wait for them.
//!
//! The commit thread answers all votes of a frame at once. To wake each waiting request from there
//! takes a system call each, because every thread that serves has a runtime of its own. So answers go
//! to the thread that asked: the first wakes it, and it passes on whatever has come until then.

use std::cell::OnceCell;

use ledger::{Decision, Reply};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender, error::SendError};
use tokio::sync::oneshot;

/// Answers taken from the queue at once.
const AT_ONCE: usize = 256;

thread_local! {
    /// Deliveries to this thread. They are never more than the votes that wait for the ledger: its
    /// queue and one frame.
    static HERE: OnceCell<UnboundedSender<Delivery>> = const { OnceCell::new() };
}

/// An answer and the request that it is for.
struct Delivery {
    to: oneshot::Sender<Decision>,
    decision: Decision,
}

impl Delivery {
    fn pass_on(self) {
        // Nobody waits any more where the client hung up; the vote stands all the same.
        let _ = self.to.send(self.decision);
    }
}

/// The request that the ledger answers.
pub(crate) struct VoteReply {
    to: oneshot::Sender<Decision>,
    thread: UnboundedSender<Delivery>,
}

impl VoteReply {
    /// For a request of this thread: what the ledger is given, and what the request waits for.
    pub(crate) fn new() -> (VoteReply, oneshot::Receiver<Decision>) {
        let (to, decision) = oneshot::channel();
        let thread = HERE.with(|here| here.get_or_init(start).clone());
        (VoteReply { to, thread }, decision)
    }
}

impl Reply for VoteReply {
    fn reply(self, decision: Decision) {
        let VoteReply { to, thread } = self;
        // A thread that passes nothing on any more is ending; its requests may still be waiting.
        if let Err(SendError(delivery)) = thread.send(Delivery { to, decision }) {
            delivery.pass_on();
        }
    }
}

fn start() -> UnboundedSender<Delivery> {
    let (sender, deliveries) = mpsc::unbounded_channel();
    tokio::spawn(pass_on(deliveries));
    sender
}

async fn pass_on(mut deliveries: UnboundedReceiver<Delivery>) {
    let mut batch = Vec::with_capacity(AT_ONCE);
    while deliveries.recv_many(&mut batch, AT_ONCE).await > 0 {
        batch.drain(..).for_each(Delivery::pass_on);
    }
}
