//! Wrong codes from many addresses. Guessing one voter's: after a few every further one is refused
//! unlooked at, whatever address it comes from. Spraying them over all NASs, to use up what is left to
//! honest voters: after some each address is refused, whatever the NAS.

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

/// Sends `per_second` wrong codes, each for another NAS.
pub(super) fn spray(swarm: &mut Swarm, to: SocketAddr, per_second: u32) {
    swarm.pace(per_second, move |number, source| async move {
        // Each number of nine digits once, in no order: the factor shares none with 10^9.
        let nas = u64::from(number) * 618_033_989 % 1_000_000_000;
        guess(to, source, &format!("{nas:09}"), number).await
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
    let unlooked = told.as_ref().is_ok_and(|text| {
        let why = [
            "problem:too-many-failed-attempts",
            "problem:too-many-requests",
        ];
        why.iter().any(|problem| text.contains(problem))
    });
    match unlooked {
        true => "refused_unlooked_at".to_owned(),
        false => status(&told),
    }
}
