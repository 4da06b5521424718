//! A private Redis and the few commands of its protocol (RESP 2) that the comparison needs.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use credentials::Digest;

/// As a deployment would shard: 64 sets by the digest's first bits, keyed by hexadecimal text.
const SET_BITS: u8 = 6;
const BATCH: usize = 1000;

/// A server of our own, ended when dropped.
pub(crate) struct Server {
    child: Child,
    to: UnixStream,
    from: BufReader<UnixStream>,
}

impl Server {
    pub(crate) fn start(home: &Path) -> Result<Server, String> {
        let socket = home.join("redis.sock");
        let child = Command::new("redis-server")
            .args([
                "--port",
                "0",
                "--save",
                "",
                "--appendonly",
                "no",
                "--unixsocket",
            ])
            .arg(&socket)
            .current_dir(home)
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| format!("cannot start redis-server: {error}"))?;
        for _ in 0..100 {
            if let Ok(to) = UnixStream::connect(&socket) {
                let from = BufReader::new(to.try_clone().map_err(|error| error.to_string())?);
                return Ok(Server { child, to, from });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let mut child = child;
        let _ = child.kill();
        Err("redis-server did not open its socket".to_owned())
    }

    /// `SADD` of all digests, many to a command.
    pub(crate) fn add_all(&mut self, digests: impl Iterator<Item = Digest>) {
        let mut batches: Vec<Vec<Digest>> = vec![Vec::new(); 1 << SET_BITS];
        for digest in digests {
            let set = digest.shard(SET_BITS);
            let batch = &mut batches[set as usize];
            batch.push(digest);
            if batch.len() == BATCH {
                let full = std::mem::take(batch);
                self.add(set, &full);
            }
        }
        for (set, batch) in (0u32..).zip(batches) {
            if !batch.is_empty() {
                self.add(set, &batch);
            }
        }
    }

    fn add(&mut self, set: u32, digests: &[Digest]) {
        let mut command = format!(
            "*{}\r\n$4\r\nSADD\r\n$4\r\ns:{set:02}\r\n",
            digests.len() + 2
        );
        for digest in digests {
            push_member(&mut command, digest);
        }
        self.send(&command);
        assert_eq!(self.integer(), digests.len() as i64, "every digest is new");
    }

    /// How many of the digests are members, asking `pipeline` at a time.
    pub(crate) fn count_members(&mut self, digests: &[Digest], pipeline: usize) -> usize {
        let mut found = 0;
        let mut commands = String::new();
        for batch in digests.chunks(pipeline) {
            commands.clear();
            for digest in batch {
                let set = digest.shard(SET_BITS);
                let _ = write!(commands, "*3\r\n$9\r\nSISMEMBER\r\n$4\r\ns:{set:02}\r\n");
                push_member(&mut commands, digest);
            }
            self.send(&commands);
            found += batch.iter().filter(|_| self.integer() == 1).count();
        }
        found
    }

    /// Bytes that Redis says it has allocated.
    pub(crate) fn used_memory(&mut self) -> i64 {
        self.send("*2\r\n$4\r\nINFO\r\n$6\r\nmemory\r\n");
        let length = self
            .line()
            .trim_start_matches('$')
            .parse()
            .expect("a bulk string's length");
        let mut text = vec![0; length];
        self.from.read_exact(&mut text).expect("the bulk string");
        assert_eq!(self.line(), "", "the bulk string's end");
        let text = String::from_utf8(text).expect("text");
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix("used_memory:"));
        value
            .and_then(|value| value.parse().ok())
            .expect("used_memory is reported")
    }

    fn send(&mut self, commands: &str) {
        self.to
            .write_all(commands.as_bytes())
            .expect("redis takes commands");
    }

    fn integer(&mut self) -> i64 {
        let line = self.line();
        line.strip_prefix(':')
            .and_then(|number| number.parse().ok())
            .expect("an integer reply")
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.from.read_line(&mut line).expect("redis answers");
        line.truncate(line.trim_end().len());
        line
    }
}

fn push_member(commands: &mut String, digest: &Digest) {
    // 32 hexadecimal digits.
    let _ = write!(commands, "$32\r\n{digest}\r\n");
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
