//! Guessing one voter's code from many addresses: after a few guesses every further one is refused
//! unlooked at, whatever address it comes from.

use super::swarm::{Swarm, answer, connect, status};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::io::AsyncWriteExt;

/// Guesses `per_second` codes of the voter with this NAS, one made-up voter of the sample roll.
pub(super) fn start(swarm: &mut Swarm, to: SocketAddr, per_second: u32, nas: &str) {
    let nas: Arc<str> = nas.into();
    swarm.pace(per_second, move |number, source| {
        let nas = Arc::clone(&nas);
        async move { guess(to, source, &nas, number).await }
    });
}

async fn guess(to: SocketAddr, source: Ipv4Addr, nas: &str, number: u32) -> String {
    let body =
        format!(r#"{{"nas":"{nas}","code":"GUESS{number:06}","law_id":"L2025-001","vote":"oui"}}"#);
    let request = format!(
        "POST /api/v1/vote HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let told = async {
        let mut stream = connect(to, source).await?;
        stream.write_all(request.as_bytes()).await?;
        answer(&mut stream).await
    };
    let told = told.await;
    let unlooked = told
        .as_ref()
        .is_ok_and(|text| text.contains("problem:too-many-failed-attempts"));
    match unlooked {
        true => "refused_unlooked_at".to_owned(),
        false => status(&told),
    }
}
