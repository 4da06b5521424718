//! A line between two programs that can be cut: bytes pass through the rehearsal, and while it is cut they wait. So a
//! program falls behind that runs and can be asked how far it is.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

const BUFFER: usize = 1 << 14;

/// The line; connections over it end when this is dropped.
#[derive(Debug)]
pub struct Link {
    /// Where to connect instead of the far end.
    pub at: SocketAddr,
    is_cut: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Link {
    /// A line to `to`, on a free port.
    ///
    /// # Errors
    /// The system gives no port.
    pub async fn start(to: SocketAddr) -> Result<Link> {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.context("no port for a line")?;
        let at = listener.local_addr()?;
        let (is_cut, cut) = watch::channel(false);
        let serving = tokio::spawn(serve(listener, to, cut));
        Ok(Link {
            at,
            is_cut,
            serving,
        })
    }

    /// Passes nothing on from now on; connections stay open.
    pub fn cut(&self) {
        self.is_cut.send_replace(true);
    }

    /// Passes everything on again.
    pub fn mend(&self) {
        self.is_cut.send_replace(false);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, to: SocketAddr, cut: watch::Receiver<bool>) {
    while let Ok((near, _)) = listener.accept().await {
        let cut = cut.clone();
        tokio::spawn(async move {
            // A far end that cannot be reached is seen by the near one as a connection that ends.
            if let Ok(far) = TcpStream::connect(to).await {
                join(near, far, cut).await;
            }
        });
    }
}

async fn join(near: TcpStream, far: TcpStream, cut: watch::Receiver<bool>) {
    let (near_in, near_out) = near.into_split();
    let (far_in, far_out) = far.into_split();
    tokio::join!(
        pass(near_in, far_out, cut.clone()),
        pass(far_in, near_out, cut)
    );
}

/// Passes bytes one way until that end closes, or the line is gone.
async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut cut: watch::Receiver<bool>,
) {
    let mut buffer = vec![0; BUFFER];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let is_whole = cut.wait_for(|is_cut| !is_cut).await.is_ok();
        if !is_whole || to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
    // It may be closed already.
    let _ = to.shutdown().await;
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn bytes_wait_while_the_line_is_cut() {
        let far = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let link = Link::start(far.local_addr().unwrap()).await.unwrap();
        let mut near = TcpStream::connect(link.at).await.unwrap();
        let (mut far, _) = far.accept().await.unwrap();
        let mut byte = [0];
        near.write_all(b"a").await.unwrap();
        far.read_exact(&mut byte).await.unwrap();
        link.cut();
        near.write_all(b"b").await.unwrap();
        let early = timeout(Duration::from_millis(100), far.read_exact(&mut byte)).await;
        assert!(early.is_err(), "passed over a cut line");
        link.mend();
        far.read_exact(&mut byte).await.unwrap();
        assert_eq!(&byte, b"b");
    }
}
