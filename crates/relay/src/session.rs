//! One connection from another node: its questions in, answers out in any order.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::pin;

use crate::desk::OPEN_QUESTIONS_MAX;
use crate::frame::{Frame, GOODBYE, LINE_ID, PING};
use crate::line::{Broken, Line, Turn};

/// Answers what other nodes ask.
pub trait Answer: Send + Sync + 'static {
    /// Answers one question. `from` is the name of the node that asks, from its certificate, in lower case.
    ///
    /// Runs on the connection's task beside other answers, so it must not block. It is dropped where it stands
    /// when the connection breaks. An answer has at most
    /// [`CONTENT_BYTES_MAX`](crate::frame::CONTENT_BYTES_MAX) bytes; a longer one ends the connection.
    fn answer(
        self: Arc<Self>,
        from: Arc<str>,
        question: Vec<u8>,
    ) -> impl Future<Output = Vec<u8>> + Send;
}

/// Answers until the other side closes the connection. Once `stop` ends, the other side is told to ask nothing
/// more; what it had sent before is answered.
pub(crate) async fn converse<S, A>(
    line: &mut Line<S>,
    from: &Arc<str>,
    answer: &Arc<A>,
    stop: impl Future<Output = ()>,
) -> Result<(), Broken>
where
    S: AsyncRead + AsyncWrite + Unpin,
    A: Answer,
{
    pin!(stop);
    let mut stopping = false;
    let mut answers = FuturesUnordered::new();
    loop {
        let reading = answers.len() + line.unhanded_len() < OPEN_QUESTIONS_MAX;
        tokio::select! {
            biased;
            () = &mut stop, if !stopping => {
                stopping = true;
                line.push(LINE_ID, GOODBYE)?;
            }
            Some((id, answer)) = answers.next(), if !answers.is_empty() => {
                let answer: Vec<u8> = answer;
                line.push(id, &answer)?;
            }
            turn = line.turn(reading) => match turn {
                Ok(Turn::Sent) => {}
                Ok(Turn::Frame(Frame { id: LINE_ID, content })) => {
                    if content != PING {
                        return Err(Broken::Meaningless);
                    }
                }
                Ok(Turn::Frame(Frame { id, content })) => {
                    let answer = Arc::clone(answer).answer(Arc::clone(from), content);
                    answers.push(async move { (id, answer.await) });
                }
                Err(Broken::Closed) => return Ok(()),
                Err(broken) => return Err(broken),
            },
        }
    }
}
