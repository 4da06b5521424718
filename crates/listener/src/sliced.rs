//! Answers in pieces, so that a client who takes a long one slowly is told from one who takes none.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::body::{Body, Bytes, Frame, SizeHint};

/// Bytes of a piece: few enough that a slow line takes one in seconds.
const PIECE_BYTES: usize = 64 * 1_024;

/// A body whose pieces are small. A connection counts as waiting for its client until the last piece
/// has room in its buffer, and each piece that has found room is a sign of life.
#[derive(Debug)]
pub struct Sliced<B> {
    body: B,
    /// What is left of the body's last piece.
    rest: Bytes,
}

impl<B> Sliced<B> {
    /// `body` in small pieces.
    pub fn new(body: B) -> Sliced<B> {
        Sliced {
            body,
            rest: Bytes::new(),
        }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Sliced<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if self.rest.is_empty() {
            let next = ready!(Pin::new(&mut self.body).poll_frame(context));
            match next.map(|frame| frame.map(Frame::into_data)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(Err(trailers))) => return Poll::Ready(Some(Ok(trailers))),
                Some(Ok(Ok(data))) => self.rest = data,
            }
        }
        let length = self.rest.len().min(PIECE_BYTES);
        let piece = self.rest.split_to(length);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, of_body) = (self.rest.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(of_body.lower() + rest);
        if let Some(upper) = of_body.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{BodyExt, Full};

    #[tokio::test]
    async fn a_long_body_comes_whole_in_small_pieces() {
        let bytes: Vec<u8> = (0..=255).cycle().take(160_000).collect();
        let mut body = Sliced::new(Full::new(Bytes::from(bytes.clone())));
        let (mut seen, mut pieces) = (Vec::new(), 0);
        while let Some(frame) = body.frame().await {
            let piece = frame.expect("no error").into_data().expect("data");
            assert!(piece.len() <= PIECE_BYTES);
            seen.extend_from_slice(&piece);
            pieces += 1;
            let left = (bytes.len() - seen.len()) as u64;
            assert_eq!(body.size_hint().exact(), Some(left));
            assert_eq!(body.is_end_stream(), left == 0);
        }
        assert_eq!((seen, pieces), (bytes, 3));
    }

    #[tokio::test]
    async fn an_empty_body_stays_empty() {
        let mut body = Sliced::new(Full::new(Bytes::new()));
        assert!(body.is_end_stream());
        assert!(body.frame().await.is_none());
    }
}
