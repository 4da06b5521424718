//! A witness for tests: cosigns what continues what it has seen, or does whatever a test wants.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use transparency::{Checkpoint, Hash, KeyName, KeyUse, PrivateKey, Submission, verify_consistency};
use zeroize::Zeroizing;

/// What a witness does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Honest,
    /// Takes the request and hangs up.
    Away,
    /// Does not know the log.
    Stranger,
    /// Says that it has cosigned more frames than there are.
    Contradicts,
    /// Answers with something else than a cosignature.
    Rubbish,
    /// Takes the request and says nothing.
    Silent,
}

pub(crate) struct StrawWitness {
    key: PrivateKey,
    url: String,
    manner: Arc<Mutex<Manner>>,
}

/// The tree that it cosigned last.
type Seen = Arc<Mutex<(u64, Hash)>>;

impl StrawWitness {
    pub(crate) fn start(name: &str, manner: Manner) -> StrawWitness {
        let key = || {
            let name = KeyName::new(&format!("witness.example/{name}")).unwrap();
            let byte = u8::try_from(name.as_str().len()).unwrap();
            let seed = Zeroizing::new([byte; 32]);
            PrivateKey::from_seed(name, KeyUse::Witness, &seed)
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let manner = Arc::new(Mutex::new(manner));
        let (signing, asked) = (Arc::new(key()), Arc::clone(&manner));
        let seen: Seen = Arc::new(Mutex::new((0, Hash::of_empty_tree())));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (key, manner) = (Arc::clone(&signing), Arc::clone(&asked));
                let seen = Arc::clone(&seen);
                std::thread::spawn(move || {
                    let _ = serve(stream.unwrap(), &key, &manner, &seen);
                });
            }
        });
        StrawWitness {
            key: key(),
            url,
            manner,
        }
    }

    pub(crate) fn set(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    /// Its table in `election.toml`.
    pub(crate) fn table(&self, name: &str) -> String {
        format!(
            "\n[[witness]]\nname = \"{name}\"\nkey = \"{}\"\nurl = \"{}\"\n",
            self.key.public(),
            self.url
        )
    }
}

/// Answers requests on one connection, until there are no more.
fn serve(
    stream: TcpStream,
    key: &PrivateKey,
    manner: &Mutex<Manner>,
    seen: &Seen,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    loop {
        let mut length = 0;
        let mut line = String::new();
        while reader.read_line(&mut line)? > 2 {
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            line.clear();
        }
        if line.is_empty() {
            return Ok(());
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let (status, told) = match *manner.lock().unwrap() {
            Manner::Away => return Ok(()),
            Manner::Stranger => ("404 Not Found", "unknown log\n".to_owned()),
            Manner::Contradicts => ("409 Conflict", "999999\n".to_owned()),
            Manner::Rubbish => ("200 OK", "\u{2014} a b\n".repeat(10_000)),
            Manner::Silent => {
                std::thread::sleep(std::time::Duration::from_secs(10));
                return Ok(());
            }
            Manner::Honest => answer(&Submission::parse(&body).unwrap(), key, seen),
        };
        let length = told.len();
        write!(
            writer,
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{told}"
        )?;
    }
}

fn answer(submission: &Submission, key: &PrivateKey, seen: &Seen) -> (&'static str, String) {
    let mut seen = seen.lock().unwrap();
    let checkpoint = Checkpoint::parse(submission.checkpoint.text()).unwrap();
    let (size, root) = *seen;
    if submission.old_size != size {
        return ("409 Conflict", format!("{size}\n"));
    }
    let (proof, to) = (&submission.proof, (checkpoint.size, checkpoint.root));
    if verify_consistency((size, root), to, proof).is_err() {
        return ("422 Unprocessable Entity", "another history\n".to_owned());
    }
    *seen = to;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let cosignature = key.cosign_text(submission.checkpoint.text(), now.unwrap().as_secs());
    ("200 OK", format!("{}\n", cosignature.unwrap()))
}
