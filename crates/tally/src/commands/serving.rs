//! The two listeners of a running tally: results for everybody, and metrics for its operators.

use std::future::Future;
use std::sync::Arc;

use listener::lifecycle::Lifecycle;
use listener::{ConnectionLimits, Listener, Tls, Workers, bind, process};
use tokio::net::TcpListener;
use tokio::runtime::Handle;

use crate::api::{self, Routed, Shared};
use crate::listening::Listening;

/// Certificates and limits, resolved: nothing is bound yet.
pub(crate) struct Serving<'a> {
    listening: &'a Listening,
    limits: ConnectionLimits,
    tls: Option<Arc<Tls>>,
    internal_tls: Option<Arc<Tls>>,
}

/// Both listeners with their ports, before anybody is answered.
pub(crate) struct Bound {
    public: TcpListener,
    internal: TcpListener,
}

#[cfg(any(test, feature = "night"))]
impl Bound {
    /// Where results are served.
    pub(crate) fn public_address(&self) -> std::io::Result<std::net::SocketAddr> {
        self.public.local_addr()
    }

    /// Where metrics and the monitor are served.
    pub(crate) fn internal_address(&self) -> std::io::Result<std::net::SocketAddr> {
        self.internal.local_addr()
    }
}

impl Serving<'_> {
    /// Reads the certificates.
    ///
    /// # Errors
    /// Both listeners would take the same port; a certificate or key that cannot be used.
    pub(crate) fn of(listening: &Listening) -> anyhow::Result<Serving<'_>> {
        listening.check()?;
        listening.warn();
        Ok(Serving {
            listening,
            limits: limits(listening),
            tls: listening.certificate()?,
            internal_tls: listening.internal_tls.load()?,
        })
    }

    /// The certificates that are read again on SIGHUP.
    pub(crate) fn certificates(&self) -> Vec<Arc<Tls>> {
        let both = [&self.tls, &self.internal_tls];
        both.into_iter().flatten().cloned().collect()
    }

    /// Takes both ports.
    ///
    /// # Errors
    /// One of them is taken, or is not this machine's.
    pub(crate) fn bind(&self) -> anyhow::Result<Bound> {
        Ok(Bound {
            public: bind(self.listening.listen, "listen")?,
            internal: bind(self.listening.internal, "internal")?,
        })
    }

    /// Serves both listeners, and takes the samples of the monitor; the future resolves when all their connections are gone.
    ///
    /// # Errors
    /// The system does not say which ports these are.
    pub(crate) fn start(
        &self,
        shared: &Arc<Shared>,
        bound: Bound,
        stopping: &Lifecycle,
    ) -> anyhow::Result<impl Future<Output = ()> + use<>> {
        tracing::info!(
            address = %bound.public.local_addr()?,
            internal = %bound.internal.local_addr()?,
            tls = self.tls.is_some(),
            internal_tls = self.internal_tls.is_some(),
            "listening"
        );
        // An instant runoff over 125 regions keeps a thread for a while: whoever shares its
        // connection's thread would wait.
        let workers = Arc::new(Workers::of_runtime(Handle::current()));
        let few = api::internal_limits(self.limits);
        let internal = Listener::new("internal", bound.internal, few, Arc::clone(&workers))
            .with_tls(self.internal_tls.clone());
        let router = api::internal_router(Arc::clone(shared));
        let internal = tokio::spawn(internal.run(Routed(router), stopping.watch()));
        let public = Listener::new("public", bound.public, self.limits, workers)
            .with_admission(Arc::clone(&shared.admission))
            .with_metrics(shared.connections.clone())
            .with_tls(self.tls.clone());
        for (listener, tls) in [("public", &self.tls), ("internal", &self.internal_tls)] {
            if let Some(tls) = tls {
                shared.certificates.add(listener, tls);
            }
        }
        // The internal listener has the monitor, which shows these samples.
        tokio::spawn(api::watch_metrics(Arc::clone(shared)));
        let router = api::router(Arc::clone(shared));
        let public = tokio::spawn(public.run(Routed(router), stopping.watch()));
        Ok(async {
            // Neither task is aborted, and a panic of one was logged.
            let _ = tokio::join!(public, internal);
        })
    }
}

/// Bounds of connections, after the limit of open files was raised to what they and the live stream
/// need.
fn limits(listening: &Listening) -> ConnectionLimits {
    let wanted = listening.limits();
    let files = process::raise_file_limit(wanted.max + api::CLIENTS_MAX);
    ConnectionLimits {
        max: wanted.max.min(files),
        ..wanted
    }
}
